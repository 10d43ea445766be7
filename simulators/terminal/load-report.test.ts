import t from 'tap';
import { type LoadReport, loadHtml, loadText, progressText } from './load-report.ts';

const report: LoadReport = {
  at: '2026-01-02T00:00:00.000Z',
  asked: { mix: 'mixed', arrivals: 'poisson <100/s>' },
  result: {
    seconds: 3,
    replies: 300,
    outcomes: { DECLINED: 3, APPROVED: 297 },
    unanswered: 2,
    p50Ms: 4.25,
    p90Ms: 6,
    p99Ms: 31,
    p999Ms: 40,
    maxMs: 41,
    meanMs: 5,
  },
  seconds: [
    { replies: 90, p50Ms: 4, p99Ms: 20 },
    { replies: 110, p50Ms: 5, p99Ms: 31 },
    { replies: 100, p50Ms: 4, p99Ms: 30 },
  ],
  lost: 1,
};

t.test('text: rate, percentiles, outcomes with the most frequent first, what was lost', (t) => {
  const text = loadText(report).join('\n');
  t.match(text, /300 answered in 3\.0 s, 100 a second/);
  t.match(text, /p50 4\.3 ms|p50 4\.2 ms/);
  t.match(text, /outcomes +APPROVED +297 +99\.00 %\n +DECLINED +3 +1\.00 %/);
  t.match(text, /lost +1 payments/);
  t.notMatch(loadText({ ...report, lost: 0 }).join('\n'), /lost/);
  t.match(
    progressText(report.result, { replies: 100, p50Ms: 4, p99Ms: 30 }, 10),
    /^3 of 10 s {2}100\/s .* in flight 2 /,
  );
  t.end();
});

t.test('HTML: two charts with all seconds, nothing run or loaded, texts escaped', (t) => {
  const html = loadHtml(report);
  t.equal(html.match(/<svg /g)?.length, 2);
  const lines = [...html.matchAll(/points="([^"]+)"/g)].map((match) => match[1]?.split(' ').length);
  t.same(lines, [3, 3, 3]);
  t.match(html, /<text[^>]*>200<\/text>/, 'the scale ends at a round number above the highest value');
  t.match(html, /poisson &lt;100\/s&gt;/);
  t.notMatch(html, /<script|src=|href=|NaN|undefined/);
  t.notMatch(loadHtml({ ...report, seconds: [] }), /<svg|NaN/);
  t.end();
});
