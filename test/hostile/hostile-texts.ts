/** One kind of text each, for a channel that would take it for more than text (S14). */
const attacks = {
  commands:
    '::stop-commands::hush\n::add-mask::production\n::set-output name=decision::released\n##[error]hush ##[add-mask]ops',
  escapes:
    '\u001b[31mred\u001b[0m \u009b2J \u001b]8;;https://evil.example\u0007here\u001b]8;;\u0007 \b\b\u0007\u007f\u0001',
  directions: 'a\u202egnp.exe\u202c \u2066b\u2069 \u200e\u061c\ufeff\u2028\u{e0041}\u{e007f}',
  html: '</code></pre></td></table></details><script>alert(1)</script><img src=x onerror=alert(1)> <a href="javascript:x">y</a>',
  comments: '--> <!-- ]]> <![CDATA[ <?xml?> <!DOCTYPE x> &lt;b&gt; &#60;b&#62; &amp;nbsp;',
  mentions: '@team @acme/owners #1 GH-1 acme/notes-app#1 :x: ',
  slack: '<!channel> <@U012345> <!subteam^S1> <https://evil.example|our page> &lt;!here&gt; *a* _b_ ~c~',
  links:
    '[x](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example> https://evil.example www.evil.example [1]: https://evil.example',
  blocks:
    '# Heading\n- item\n\n> quote\n\n| a | b |\n| - | - |\n```sh\nrm x\n```\n~~~\n---\n1. one\n- [ ] task\n\n    code',
  code: '`a` ``b`` ```c``` | cell | \\| \\` **d** $x$ :::',
  percent: '%0A::error::x %25 %0D%0A',
} as const;

const everything = Object.values(attacks).join('\n');
/** All of it short enough for a status of GitHub, whatever is cut behind it. */
const compact = '::add-mask::ops `|<img src=x onerror=x><!here> @team https://evil.example ##[error]\u202e\u001b[31m';

/** A hostile text that can be told by its source: short, then whole, then longer than anything takes. */
export function hostileText(source: string): string {
  return `${source} ${compact}\n${everything}\n${'A'.repeat(20_000)}\u{1f600}`;
}

/** The same for what takes one line of so many characters. */
export function hostileLine(source: string, longest = 2000): string {
  return `${source} ${compact} ${everything}`.replaceAll('\n', ' ').slice(0, longest).toWellFormed();
}

/** The same for a file name of one line: everything but `/`, at most 255 bytes. */
export function hostileName(source: string): string {
  return `${source} ::add-mask::ops\u001b[31m\u202e\`|<img src=x onerror=x><!here> @team #1 ##[error]';touch x # $(touch x)`;
}

/** The same for a tag: what git takes (git-check-ref-format). */
export function hostileTag(source: string): string {
  return `${source}<!here>@team|\`x\`#1';touch\${IFS}x;$(x)<img\u00a0onerror=x>&lt;\u202e\u2066`;
}

/** Words of a shell that would leave a file behind, where any of them ran. */
export function shellBait(file: string): string {
  return `'; touch ${file} # "; touch ${file} # $(touch ${file}) \`touch ${file}\` | touch ${file} & \${{ github.token }}`;
}
