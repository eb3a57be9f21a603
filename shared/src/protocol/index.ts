export * from './choose-window.ts'
export * from './count-missing.ts'
export * from './judge-looks.ts'
export * from './sort-error-message.ts'
