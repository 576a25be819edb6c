/**
 * The model card of a checkpoint: training data, recipe, loss curves, scores, energy.
 *
 * Headings and tables follow Model Cards (Mitchell et al. 2019), in the Markdown that hubs show.
 *
 * @module
 */
import {
  count,
  duration,
  escapeMarkdown,
  lineChartSvg,
  markdownTable,
  number,
  percent,
  plural,
} from "../../display/mod.ts";
import { lossLines } from "../monitoring/card/loss_curves.ts";
import { modelCard } from "../../model/files/model_card.ts";
import type { Model } from "../../model/mod.ts";
import { energyText } from "../monitoring/energy.ts";
import { scoresByTime } from "../monitoring/evaluation.ts";
import type { RunLogState } from "../monitoring/run_log.ts";
import { skippedText } from "../monitoring/skipped_steps.ts";
import type { StageSettings } from "../stages/stage.ts";
import type { RunState } from "../monitoring/run_state.ts";

/** File of the loss curves, beside the card. */
const curvesFile = "loss.svg";

/** The files of the card, which may be rewritten and edited: a checkpoint is whole without them. */
export const cardFiles: readonly string[] = ["README.md", curvesFile];

/** Number of rows in the table of losses. */
const lossRows = 10;

type CardState = RunLogState & Pick<RunState, "plan" | "index">;
type CardRow = Record<string, string>;

/** Writes the model card of a checkpoint and its picture; each is renamed into place, since other paths may link to it. */
export async function writeCard(folder: string, model: Model, state: CardState): Promise<void> {
  const { history, validations } = state;
  const texts = [modelCard(model, trainingCard(state)), lineChartSvg(lossLines(history, validations))];
  for (const [i, text] of texts.entries()) {
    const path = `${folder}/${cardFiles[i]}`;
    await Deno.writeTextFile(`${path}.tmp`, text);
    await Deno.rename(`${path}.tmp`, path);
  }
}

/** Returns the sections on the training, in Markdown. */
function trainingCard(state: CardState): string {
  const { step, tokens, seconds, exact, evaluations = [], energy, history, warnings } = state;
  const skipped = skippedText(history);
  const scores = scoresByTime(evaluations);
  const parts = [
    "## Training data",
    ...startedStages(state).map((stage) => dataSection(state, stage)),
    "## Recipe",
    `${plural(step, "step")}, ${count(tokens)} tokens in ${
      duration(seconds)
    }, seed ${state.plan.seed}, ${state.plan.dtype}.` +
    (skipped ? ` Skipped steps: ${skipped}.` : "") +
    (exact ? "" : " The run is not bit for bit repeatable; its warnings say why."),
    markdown(startedStages(state).map(({ settings }) => recipeOf(settings))),
    "## Loss",
    `![Loss over the steps](${curvesFile})`,
    markdown(lossTable(state)),
    ...scores.length ? ["## Scores", markdown(scores)] : [],
    ...energy?.wattHours !== undefined ? ["## Energy", `${energyText(energy)}.`] : [],
    ...warnings.length
      ? ["## Warnings", warnings.map((warning) => `- ${escapeMarkdown(warning)}`).join("\n")]
      : [],
  ];
  return parts.join("\n\n") + "\n";
}

function startedStages({ plan, index }: CardState): RunState["plan"]["stages"] {
  return plan.stages.slice(0, index + 1);
}

/** Returns the section on a stage's data: its sources, and the steps that make its text. */
function dataSection(
  { mixtures }: CardState,
  { settings: { name }, data }: RunState["plan"]["stages"][number],
): string {
  const sources = mixtures?.[name] ?? [];
  const steps = data.map(({ step }) => `- ${escapeMarkdown(step)}`).join("\n");
  const rows = sources.map(({ source, share, epochs, documents, tokens }): CardRow => ({
    source,
    share: percent(share),
    epochs: number(epochs, 3),
    documents: count(documents),
    tokens: count(tokens),
  }));
  return [`### ${name}`, ...rows.length ? [markdown(rows)] : [], steps].join("\n\n");
}

function recipeOf(settings: StageSettings): CardRow {
  const { name, length, batch, context, learningRate, minLearningRate, warmup, beta1, beta2 } = settings;
  const [[unit, size]] = Object.entries(length);
  return {
    stage: name,
    length: `${size} ${unit}`,
    batch: `${batch} x ${context} tokens`,
    "learning rate": `${learningRate} to ${minLearningRate}, cosine`,
    warmup: warmup === null ? "default" : String(warmup),
    optimizer: `AdamW ${beta1}, ${beta2}, weight decay ${settings.weightDecay}, clip ${settings.clip}`,
    ...(settings.template !== null && { template: settings.template.slice(0, 40) }),
  };
}

/** Returns training losses at even distances, each with the last validation loss since the row before. */
function lossTable({ history, validations }: CardState): CardRow[] {
  const every = Math.max(1, Math.ceil(history.length / lossRows));
  const shown = history.filter((_, i) => (i + 1) % every === 0 || i === history.length - 1);
  return shown.map((entry, i) => {
    const measured = validations.findLast(({ stage, step }) =>
      stage === entry.stage && step <= entry.step && step > (shown[i - 1]?.step ?? -1)
    );
    return {
      step: String(entry.step),
      stage: entry.stage,
      "training loss": number(entry.loss),
      "validation loss": measured ? number(measured.loss) : "",
    };
  });
}

/** Formats rows as a table with every column that a row has. */
function markdown(rows: readonly CardRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, align: "left" as const }));
  return markdownTable(columns, rows.map((row) => names.map((name) => row[name] ?? "")));
}
