/**
 * The built-in chat templates, as the Jinja that is written to tokenizer_config.json.
 *
 * @module
 */

/** Names of the built-in templates. */
export type TemplateName = "plain" | "llama-2" | "chatml";

/** A template with a name. */
export interface BuiltIn {
  /** Its Jinja source. */
  jinja: string;
  /** Special tokens that the vocabulary must hold for it, besides BOS and EOS. */
  markers: readonly string[];
}

/**
 * `plain`: lines of ordinary text, so any vocabulary can be tuned. `llama-2`: Meta's, with `[INST]` as ordinary text.
 * `chatml`: marked turns; an answer ends with its marker and EOS, so that generation stops as everywhere.
 * Every answer is followed by EOS, and nothing earlier depends on anything later.
 */
export const TEMPLATES: Readonly<Record<TemplateName, BuiltIn>> = {
  "plain": {
    jinja: "{{ bos_token }}{% for message in messages %}" +
      "{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}" +
      "{% elif message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\\n' }}" +
      "{% else %}{{ 'Assistant: ' + message['content'] + eos_token }}" +
      "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endif %}" +
      "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    markers: [],
  },
  "llama-2": {
    jinja: "{% if messages[0]['role'] == 'system' %}" +
      "{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% set turns = messages[1:] %}" +
      "{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}" +
      "{% for message in turns %}" +
      "{% if message['role'] == 'user' %}" +
      "{{ bos_token + '[INST] ' + (system if loop.first else '') + message['content'] + ' [/INST]' }}" +
      "{% else %}{{ ' ' + message['content'] + ' ' + eos_token }}{% endif %}" +
      "{% endfor %}",
    markers: [],
  },
  "chatml": {
    jinja: "{{ bos_token }}{% for message in messages %}" +
      "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}" +
      "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}" +
      "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    markers: ["<|im_start|>", "<|im_end|>"],
  },
};
