/**
 * Registry of models by the names that users gave them: a notebook cell that runs again replaces its model.
 *
 * @module
 */

/** A model, as far as the registry is concerned. */
interface NamedModel {
  readonly name: string;
  dispose(): void;
}

const models = new Map<string, WeakRef<NamedModel>>();

/** Disposes an earlier model of the user's name. Returns that name, or the fallback if the user gave none. */
export function claimName(userName: string | undefined, fallback: string): string {
  if (userName !== undefined) models.get(userName)?.deref()?.dispose();
  return userName ?? fallback;
}

/**
 * Records a model under the user's name for it; does nothing without one. A model that took the name while this one was
 * made is disposed.
 */
export function register(model: NamedModel, userName: string | undefined): void {
  if (userName === undefined) return;
  models.get(userName)?.deref()?.dispose();
  models.set(userName, new WeakRef(model));
}

/** Removes a model that is being disposed. */
export function unregister(model: NamedModel): void {
  if (models.get(model.name)?.deref() === model) models.delete(model.name);
}
