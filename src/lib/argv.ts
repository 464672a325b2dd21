type Value = string | number | readonly string[];

/**
 * A list of arguments, written as one writes it in a terminal: argv`-i ${file} -map 0:v -r ${rate}/1`. Space parts
 * them, and nothing is quoted: what stands in `${}` is never parted, and a list there is as many arguments.
 */
export function argv({ raw }: TemplateStringsArray, ...values: Value[]): string[] {
  const list: string[] = [];
  let word: string | undefined;
  const end = (): void => {
    if (word !== undefined) list.push(word);
    word = undefined;
  };
  for (const [i, text] of raw.entries()) {
    for (const part of text.split(/(\s+)/).filter(Boolean)) {
      if (part.trim() === '') end();
      else word = (word ?? '') + part;
    }
    const value = values[i];
    if (value === undefined) continue;
    if (typeof value === 'object') {
      end();
      list.push(...value);
    } else word = `${word ?? ''}${value}`;
  }
  end();
  return list;
}
