/**
 * The version of this package, as checkpoints record it. A test holds it equal to the version in deno.json.
 *
 * @module
 */

/** The version of the package. */
export const version = "0.1.0";
