// For the house test of the registry, which is TypeScript.
export function registrySource(registry: unknown): string;
