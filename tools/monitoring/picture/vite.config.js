// SPDX-License-Identifier: Apache-2.0
export default {
  base: './',
  esbuild: { jsx: 'automatic' },
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  // One script, not of type module: Chromium reads those from files, too.
  build: {
    chunkSizeWarningLimit: 20000,
    modulePreload: false,
    rollupOptions: { output: { format: 'iife', inlineDynamicImports: true } },
  },
};
