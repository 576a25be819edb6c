/**
 * Shows the kernels chosen for this machine's adapter, with the tuner's measurements in milliseconds.
 *
 *     deno task tune
 *
 * @module
 */
import { openDevice } from "@llamero/sdk/gpu";
import { type Choice, kernelTable, tune } from "@llamero/sdk/ops";
import { showPicture, table } from "@llamero/sdk/display";

const device = await openDevice();
const { times, from } = await tune(device);
const { family, matmul } = kernelTable(device);
const rows = Object.entries(matmul).map(([product, kernel]) => ({
  product,
  kernel,
  ...Object.fromEntries(
    Object.entries(times[product] ?? {}).map(([name, ms]) => [`${name as Choice}, ms`, ms.toFixed(3)]),
  ),
}));
await showPicture(
  table(rows, { title: `${device.adapter}: family ${family}`, note: `the choices are ${from}` }),
);
Deno.exit(0); // the GPU's threads would keep the process
