/**
 * A part of a report that shows itself and carries its data.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/mod.ts";

/** A table or a picture with the data it was made from. */
export class ReportView<Facts = unknown> extends Displayable {
  readonly #picture: Picture;

  /** Makes a view of `facts`. */
  constructor(picture: Picture, /** The data behind the picture. */ readonly facts: Facts) {
    super();
    this.#picture = picture;
  }

  /** Returns the table or picture. */
  override picture(): Picture {
    return this.#picture;
  }

  /** Returns the data behind the picture. */
  toJSON(): Facts {
    return this.facts;
  }
}
