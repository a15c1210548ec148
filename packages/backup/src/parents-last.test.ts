import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentsLast } from './parents-last.ts';

const line = (id: number, rest: string) => `${id}; 2606 ${16000 + id} ${rest}`;

test('keys of partitioned tables come behind those of their parts, the topmost last; the rest stays where it is', () => {
  const digest = '0'.repeat(32);
  const given = {
    relations: [
      { name: 'public."A b"', kind: 'partitioned' as const },
      { name: 'public.mid', kind: 'partitioned' as const },
      { name: 'public.part', kind: 'table' as const },
    ],
    definitions: [`partition public.mid of public."A b" ${digest}`, `partition public.part of public.mid ${digest}`],
  };
  const lines = [
    line(1, 'TABLE public A b postgres'),
    line(2, 'CONSTRAINT public A b A b_pkey postgres'),
    line(3, 'CONSTRAINT public mid mid_pkey postgres'),
    line(4, 'CONSTRAINT public part part_pkey postgres'),
    line(5, 'INDEX ATTACH public part_pkey postgres'),
    line(6, 'FK CONSTRAINT public r r_fkey postgres'),
  ];
  const [table, top, mid, part, ...rest] = lines;
  assert.deepEqual(parentsLast(`;\n; Archive\n${lines.join('\n')}\n`, given), [table, part, mid, top, ...rest]);
  assert.equal(parentsLast(lines.join('\n'), { relations: [], definitions: [] }), undefined);
});
