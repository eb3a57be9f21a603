# One image for all processes: which one a container is, its command says.

# The only place that names the base image. Same Node as in development, and no compiler or curl in it.
ARG NODE_IMAGE=node:24-bookworm-slim

# Workspace manifests and the lock file, without sources: as long as they stay the same, installs come from the cache.
# The engines workspace is left out: it is for development only, and brings a Postgres of its own.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY migrations/package.json migrations/
COPY services/api/package.json services/api/
COPY services/dispatcher/package.json services/dispatcher/
COPY services/worker/package.json services/worker/

FROM manifests AS build
# Optional dependencies too: the TypeScript compiler for this platform is one.
RUN npm ci
COPY tsconfig.base.json tsconfig.build.json ./
COPY shared shared
COPY migrations migrations
COPY services services
RUN npm run build

FROM manifests AS production-dependencies
# Nothing that runs in production is optional; what is, are Node binaries and compilers for other platforms.
RUN npm ci --omit=dev --omit=optional

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production
COPY --from=production-dependencies /app ./
COPY --from=build /app/shared/dist shared/dist
COPY --from=build /app/migrations/dist migrations/dist
COPY --from=build /app/services/api/dist services/api/dist
COPY --from=build /app/services/dispatcher/dist services/dispatcher/dist
COPY --from=build /app/services/worker/dist services/worker/dist
# Files stay root's: the processes can read their own code and not change it.
USER node
EXPOSE 3000 9101 9102 9103
CMD ["node", "services/api/dist/main.js"]
