/**
 * Models by the names that were given to them: a cell that is run again replaces its model instead of making another.
 *
 * @module
 */

/** A model, as far as its name goes. */
interface Named {
  readonly name: string;
  dispose(): void;
}

const named = new Map<string, WeakRef<Named>>();

/** Disposes an earlier model of that name; gives the name, or where there is none the other one. */
export function claimName(name: string | undefined, otherwise: string): string {
  if (name !== undefined) named.get(name)?.deref()?.dispose();
  return name ?? otherwise;
}

/** Remembers a model under the name that was given to it. */
export function register(model: Named, name: string | undefined): void {
  if (name !== undefined) named.set(name, new WeakRef(model));
}

/** Forgets a model that is disposed. */
export function unregister(model: Named): void {
  if (named.get(model.name)?.deref() === model) named.delete(model.name);
}
