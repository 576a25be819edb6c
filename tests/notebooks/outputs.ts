/**
 * Turns a kernel's messages into the outputs of cells: streams are joined, displays updated in place.
 *
 * @module
 */
import type { Message } from "./messages.ts";
import type { Output } from "./notebook.ts";

/** Collects the outputs of one cell after another. */
export class OutputCollector {
  #outputs: Output[] = [];
  #displays = new Map<string, Output[]>();
  #clearFirst = false;

  /** Starts a cell. Returns the list to which its outputs are added. */
  begin(): Output[] {
    this.#clearFirst = false;
    return this.#outputs = [];
  }

  /** Applies a message. Returns the output that it made or changed. */
  take({ type, content }: Message): Output | undefined {
    const { name, text, data, metadata = {}, transient, ename, evalue, traceback } = content;
    switch (type) {
      case "stream":
        return this.#write(name!, text!);
      case "display_data":
      case "execute_result":
        if (!Object.keys(data ?? {}).length) return; // front ends show nothing of it
        return this.#display({ output_type: type, data, metadata }, transient?.display_id);
      case "update_display_data":
        return this.#update(transient?.display_id ?? "", { data, metadata });
      case "error":
        return this.#add({ output_type: "error", ename, evalue, traceback });
      case "clear_output":
        if (content.wait) this.#clearFirst = true;
        else this.#outputs.length = 0;
    }
  }

  #add(output: Output): Output {
    if (this.#clearFirst) this.#outputs.length = 0;
    this.#clearFirst = false;
    this.#outputs.push(output);
    return output;
  }

  #write(name: string, text: string): Output {
    const last = this.#clearFirst ? undefined : this.#outputs.at(-1);
    if (last?.output_type !== "stream" || last.name !== name) {
      return this.#add({ output_type: "stream", name, text });
    }
    last.text += text;
    return last;
  }

  #display(output: Output, id: string | undefined): Output {
    if (id !== undefined) this.#displays.set(id, [...this.#displays.get(id) ?? [], output]);
    return this.#add(output);
  }

  /** Updates every display of that id, in all cells. */
  #update(id: string, change: Partial<Output>): Output | undefined {
    const shown = this.#displays.get(id) ?? [];
    shown.forEach((output) => Object.assign(output, change));
    return shown.at(-1);
  }
}
