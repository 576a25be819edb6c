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

/** Disposes an earlier model of the name `given`. Returns that name, or the fallback where none was given. */
export function claimName(given: string | undefined, fallback: string): string {
  if (given !== undefined) models.get(given)?.deref()?.dispose();
  return given ?? fallback;
}

/** Records a model under the name that the user gave; does nothing where the user gave none. */
export function register(model: NamedModel, given: string | undefined): void {
  if (given !== undefined) models.set(given, new WeakRef(model));
}

/** Removes a model that is being disposed. */
export function unregister(model: NamedModel): void {
  if (models.get(model.name)?.deref() === model) models.delete(model.name);
}
