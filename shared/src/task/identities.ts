/** The tenant that owns everything until others are made; foreign dead letters belong to it. */
export const DEFAULT_TENANT_ID = '00000000-0000-7000-8000-000000000001'
