/**
 * A part of a report that shows itself and carries its data.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/mod.ts";

/** A table or a picture with the facts it was made from. */
export class ReportView<Facts = unknown> extends Displayable {
  readonly #picture: Picture;

  /** A view of `facts`. */
  constructor(picture: Picture, /** What is shown, as data. */ readonly facts: Facts) {
    super();
    this.#picture = picture;
  }

  /** What it looks like. */
  override picture(): Picture {
    return this.#picture;
  }

  /** The facts. */
  toJSON(): Facts {
    return this.facts;
  }
}
