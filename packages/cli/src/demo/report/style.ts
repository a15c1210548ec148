/** The report's only style sheet; its digest stands in the page's policy. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; --quiet: #667085; --rule: #e4e7ec; --good: #16794c; --bad: #c0332b; --felt: #2563a8; --limit: #b45309; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #12161d; --quiet: #98a2b3; --rule: #2a3240; --good: #4cc38a; --bad: #f0736a; --felt: #79b1f2; --limit: #f5a524; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 24px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
td:nth-child(4) { white-space: nowrap; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 32px 0 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: color-mix(in srgb, var(--ink) 6%, transparent); padding: 8px 12px; border-radius: 6px; margin: 6px 0; font: 13px/1.5 ui-monospace, monospace; }
code { font: 13px ui-monospace, monospace; } .quiet, time { color: var(--quiet); font-size: 13px; }
.tag { border: 1px solid currentColor; border-radius: 10px; padding: 0 8px; white-space: nowrap; font-size: 13px; } .tag.good { color: var(--good); } .tag.bad { color: var(--bad); }
svg { width: 100%; height: auto; display: block; } figure { margin: 0; } figcaption { color: var(--quiet); font-size: 13px; }
.grid { stroke: var(--rule); } .axis { fill: var(--quiet); font-size: 11px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.band { fill: var(--quiet); opacity: .25; } .band.fail { fill: var(--bad); } .band.pass { fill: var(--good); } .bucket { stroke: var(--quiet); stroke-width: 3; } .bucket.fail { stroke: var(--bad); } .bucket.pass { stroke: var(--good); } .felt { fill: none; stroke: var(--felt); stroke-width: 1.5; }
.limit { stroke: var(--limit); stroke-dasharray: 6 4; } .limit-label { fill: var(--limit); font-size: 11px; } .moment { stroke: var(--ink); stroke-dasharray: 2 3; } .moment-label { fill: var(--ink); font-size: 11px; }
.key { display: inline-block; width: 14px; height: 4px; margin-right: 5px; vertical-align: middle; } .felt-key { background: var(--felt); } .band-key { background: var(--quiet); height: 10px; opacity: .5; } .limit-key { background: var(--limit); }
.row-label { fill: var(--ink); font-size: 13px; font-weight: 600; } .step.good { fill: var(--good); } .step.bad { fill: var(--bad); } .step-label { fill: var(--paper); font-size: 11px; pointer-events: none; }
.slack { border-left: 3px solid var(--felt); padding: 2px 0 2px 14px; margin: 12px 0; } .who { margin: 0; font-weight: 600; } .block { margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; } .block.header { font-weight: 700; font-size: 16px; } .block.context { color: var(--quiet); font-size: 13px; } .reply { margin-left: 24px; border-left: 2px solid var(--rule); padding-left: 12px; }
summary { cursor: pointer; font-weight: 600; }
.wide { overflow-x: auto; }
@media (max-width: 720px) {
  body { padding: 16px; } h1 { font-size: 23px; }
  .wide svg { min-width: 720px; }
  .releases thead { display: none; } .releases tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--rule); }
  .releases td { display: inline-block; border: 0; padding: 2px 12px 2px 0; } .releases td:first-child { font-weight: 600; } .releases td:nth-child(n+5) { display: block; }
}
`;
