/** A sample of an instant vector, or of a selector with a range. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** Where an evaluation gets its numbers from; times in milliseconds. */
export interface PromData {
  /** The series of a metric at a time, with the value of a counter or a gauge. */
  instant(metric: string, at: number): Sample[];
  /** By how much the series of a counter grew in (from, until]. */
  grown(metric: string, from: number, until: number): Sample[];
  /** The quantile of a histogram's observations in (from, until], in seconds; undefined of none. */
  quantile(
    share: number,
    metric: string,
    matches: (labels: Record<string, string>) => boolean,
    from: number,
    until: number,
  ): number | undefined;
}

/** A query that cannot be read (400, bad_data) or evaluated (422, execution). */
export class PromError extends Error {
  readonly type: 'bad_data' | 'execution';
  constructor(type: 'bad_data' | 'execution', message: string) {
    super(message);
    this.type = type;
  }
}

interface Selector {
  metric: string;
  matches(labels: Record<string, string>): boolean;
  rangeMs?: number;
}
type Node = (at: number, data: PromData) => Sample[];
type Parsed = { selector: Selector } | { evaluate: Node };

/**
 * The part of PromQL in which errors are counted: selectors with matchers and ranges, increase, rate, max_over_time, sum, max,
 * histogram_quantile over sums by le, vector, label_replace, `or`, `/` and `%`. @throws PromError.
 */
export function parsePromQl(text: string): Node {
  const tokens =
    text.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_:][\w:]*|\d+(?:\.\d+)?(?:[smhd]\b)?|=~|!~|!=|[(){}[\],/%=]|\S/g) ?? [];
  let at = 0;
  const wrong = (): PromError =>
    new PromError('bad_data', `invalid parameter "query": parse error: unexpected "${tokens[at] ?? 'end of input'}"`);
  const take = (expected?: string): string => {
    const token = tokens[at];
    if (token === undefined || (expected !== undefined && token !== expected)) throw wrong();
    at += 1;
    return token;
  };
  const string = (): string => JSON.parse(take()) as string;

  function union(): Parsed {
    let left = quotient();
    while (tokens[at] === 'or') {
      at += 1;
      const [one, other] = [nodeOf(left), nodeOf(quotient())];
      left = { evaluate: (time, data) => or(one(time, data), other(time, data)) };
    }
    return left;
  }
  function quotient(): Parsed {
    let left = primary();
    while (tokens[at] === '/' || tokens[at] === '%') {
      const operator = take();
      const [one, other] = [nodeOf(left), nodeOf(primary())];
      left = { evaluate: (time, data) => combined(operator, one(time, data), other(time, data)) };
    }
    return left;
  }
  function primary(): Parsed {
    const token = take();
    if (token === '(') {
      const inside = union();
      take(')');
      return inside;
    }
    if (/^\d/.test(token)) return { evaluate: () => [{ labels: {}, value: Number(token) }] };
    if (!/^[A-Za-z_:]/.test(token)) {
      at -= 1;
      throw wrong();
    }
    if (token === 'sum' || token === 'max') return aggregation(token);
    return tokens[at] === '(' ? call(token) : { selector: selector(token) };
  }
  function aggregation(name: 'sum' | 'max'): Parsed {
    let by: string | undefined;
    if (tokens[at] === 'by') {
      at += 1;
      take('(');
      by = take();
      take(')');
    }
    take('(');
    const inside = union();
    take(')');
    // The quantile needs what is behind the sum.
    if (by === 'le' && 'selector' in inside) return inside;
    if (by !== undefined) throw new PromError('bad_data', 'invalid parameter "query": the sandbox sums by le only');
    const node = nodeOf(inside);
    return {
      evaluate(time, data) {
        const values = node(time, data).map(({ value }) => value);
        if (values.length === 0) return [];
        const value = name === 'sum' ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values);
        return [{ labels: {}, value }];
      },
    };
  }
  function call(name: string): Parsed {
    take('(');
    const parsed = callOf(name);
    take(')');
    return parsed;
  }
  function callOf(name: string): Parsed {
    if (name === 'vector') {
      const value = Number(take());
      return { evaluate: () => [{ labels: {}, value }] };
    }
    if (name === 'label_replace') {
      const node = nodeOf(union());
      const [, label, , replacement] = [take(','), string(), take(','), string()] as const;
      for (const _ of [1, 2]) {
        take(',');
        string();
      }
      return { evaluate: (time, data) => node(time, data).map((one) => relabelled(one, label, replacement)) };
    }
    if (name === 'histogram_quantile') {
      const share = Number(take());
      take(',');
      const inside = union();
      if (!('selector' in inside) || inside.selector.rangeMs === undefined) throw wrong();
      const { metric, matches, rangeMs } = inside.selector;
      return {
        evaluate(time, data) {
          const value = data.quantile(share, metric.replace(/_bucket$/, ''), matches, time - rangeMs, time);
          return value === undefined ? [] : [{ labels: {}, value }];
        },
      };
    }
    if (name !== 'increase' && name !== 'rate' && name !== 'max_over_time')
      throw new PromError('bad_data', `invalid parameter "query": parse error: unknown function with name "${name}"`);
    const inside = union();
    if (!('selector' in inside) || inside.selector.rangeMs === undefined)
      throw new PromError('bad_data', 'invalid parameter "query": parse error: expected type range vector in call');
    // A rate of buckets goes into a quantile as it is.
    if (inside.selector.metric.endsWith('_bucket')) return inside;
    const { metric, matches, rangeMs } = inside.selector;
    return {
      evaluate(time, data) {
        if (name === 'max_over_time') return data.instant(metric, time).filter(({ labels }) => matches(labels));
        const grown = data.grown(metric, time - rangeMs, time).filter(({ labels }) => matches(labels));
        return name === 'rate' ? grown.map((one) => ({ ...one, value: one.value / (rangeMs / 1000) })) : grown;
      },
    };
  }
  function selector(metric: string): Selector {
    const tests: ((labels: Record<string, string>) => boolean)[] = [];
    if (tokens[at] === '{') {
      at += 1;
      while (tokens[at] !== '}') {
        const [label, operator, value] = [take(), take(), string()];
        tests.push((labels) => matcher(labels[label] ?? '', operator, value));
        if (tokens[at] === ',') at += 1;
      }
      take('}');
    }
    const found: Selector = { metric, matches: (labels) => tests.every((test) => test(labels)) };
    if (tokens[at] !== '[') return found;
    at += 1;
    const [, count, unit] = /^(\d+)([smh])$/.exec(take()) ?? [];
    take(']');
    if (count === undefined) throw wrong();
    return { ...found, rangeMs: Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'] };
  }

  const whole = nodeOf(union());
  if (at < tokens.length) throw wrong();
  return whole;
}

function nodeOf(parsed: Parsed): Node {
  if ('evaluate' in parsed) return parsed.evaluate;
  const { metric, matches, rangeMs } = parsed.selector;
  if (rangeMs !== undefined)
    throw new PromError('bad_data', 'invalid parameter "query": invalid expression type "range vector"');
  return (time, data) => data.instant(metric, time).filter(({ labels }) => matches(labels));
}

function matcher(actual: string, operator: string, value: string): boolean {
  if (operator === '=') return actual === value;
  if (operator === '!=') return actual !== value;
  const whole = new RegExp(`^(?:${value})$`).test(actual);
  return operator === '=~' ? whole : !whole;
}

function or(left: Sample[], right: Sample[]): Sample[] {
  const there = new Set(left.map(({ labels }) => keyOf(labels)));
  return [...left, ...right.filter(({ labels }) => !there.has(keyOf(labels)))];
}

function combined(operator: string, left: Sample[], right: Sample[]): Sample[] {
  return left.flatMap(({ labels, value }) => {
    const { __name__: _, ...own } = labels;
    const other = right.find((one) => keyOf({ ...one.labels, __name__: '' }) === keyOf({ ...own, __name__: '' }));
    if (other === undefined) return [];
    return [{ labels: own, value: operator === '/' ? value / other.value : value % other.value }];
  });
}

/** An empty value takes a label away. */
function relabelled({ labels, value }: Sample, label: string, replacement: string): Sample {
  const { [label]: _, ...rest } = labels;
  return { labels: replacement === '' ? rest : { ...rest, [label]: replacement }, value };
}

export function keyOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b)));
}
