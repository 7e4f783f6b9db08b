/** The provider of the runtime: node:crypto in Node, noble elsewhere, by the import condition of `#ed25519`. */
export { provider as defaultProvider } from "#ed25519";
