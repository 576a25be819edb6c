/**
 * Asks the library of the launcher for something that cannot be, and prints the error.
 *
 * @module
 */
import { findLauncher } from "../../../src/parallel/launcher.ts";
import { keepLoaded } from "../../../src/parallel/mpi/abi.ts";
import { findLibrary } from "../../../src/parallel/mpi/library.ts";
import { Mpi } from "../../../src/parallel/mpi/mpi.ts";

const library = findLibrary(findLauncher()!);
keepLoaded(library.path);
const mpi = new Mpi(library);
mpi.init();
try {
  mpi.broadcast(new Uint8Array(3), 99, mpi.handles.world);
} catch (error) {
  console.log(String(error));
}
mpi.finalize();
