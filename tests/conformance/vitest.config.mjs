import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["suite.test.mjs"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
