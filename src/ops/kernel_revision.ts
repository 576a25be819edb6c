/**
 * The revision of the kernels, as checkpoints record it.
 *
 * @module
 */

/**
 * The revision of the kernels. It rises with every change of a kernel, or of the rules that choose one, after which a
 * device gives other bits than before.
 */
export const kernelRevision = 2;
