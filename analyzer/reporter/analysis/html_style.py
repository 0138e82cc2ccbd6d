"""The style and the script of the page: plain CSS, light and dark, nothing from elsewhere."""

STYLE = """
.analyzer{color-scheme:light dark;--ground:#fbfbfa;--card:#fff;--ink:#1d2329;--faint:#6d7680;--line:#e2e5e8;--soft:#f2f4f5;
--shared:#2f6fd0;--local:#c2571a;--declared:#16806a}
@media (prefers-color-scheme:dark){.analyzer{--ground:#14171a;--card:#1b1f23;--ink:#e4e8eb;--faint:#929ca5;--line:#2d3338;
--soft:#22272c;--shared:#6ea4f5;--local:#f0935a;--declared:#4cc3a8}}
.analyzer,.analyzer *{box-sizing:border-box}
.analyzer{font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--ground)}
body.analyzer{margin:0;padding:2rem clamp(1rem,3vw,3rem)}
.analyzer h1{font-size:1.6rem;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
.analyzer .run{color:var(--faint);margin:.25rem 0 1.25rem;overflow-wrap:anywhere}
.analyzer .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.75rem;margin:0 0 1.5rem;padding:0}
.analyzer .card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;margin:0}
.analyzer .card dt{color:var(--faint);font-size:.8rem;margin:0 0 .2rem}
.analyzer .card dd{margin:0;font-variant-numeric:tabular-nums;font-weight:600;overflow-wrap:anywhere}
.analyzer .card dd+dd{font-weight:400;color:var(--faint);font-size:.88rem}
.analyzer .scroll{overflow:auto;max-height:90vh;border:1px solid var(--line);border-radius:8px;background:var(--card);width:fit-content;max-width:100%}
.analyzer table{border-collapse:separate;border-spacing:0;font-variant-numeric:tabular-nums;font-size:13px}
.analyzer th,.analyzer td{padding:.28rem .6rem;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
.analyzer thead{position:sticky;top:0;z-index:2}
.analyzer thead th{background:var(--soft);font-weight:600}
.analyzer thead tr:first-child th{border-bottom:0;text-align:center;padding-bottom:0}
.analyzer thead tr:only-child th{text-align:left;padding-bottom:.28rem}
.analyzer th.n,.analyzer td.n,.analyzer thead tr:only-child th.n{text-align:right}
.analyzer .shared{--mode:var(--shared)}.analyzer .local{--mode:var(--local)}.analyzer .declared{--mode:var(--declared)}
.analyzer thead th.shared,.analyzer thead th.local,.analyzer thead th.declared{color:var(--mode)}
.analyzer tbody tr:hover td,.analyzer tbody tr:hover th{background:var(--soft)}
.analyzer tbody th{font-weight:400;position:sticky;left:0;background:var(--card)}
.analyzer tr.block th,.analyzer tr.block td{font-weight:600}
.analyzer tr.zero td.n{color:var(--faint)}
.analyzer tfoot th,.analyzer tfoot td{position:sticky;bottom:0;font-weight:700;background:var(--soft);border-bottom:0;border-top:1px solid var(--line)}
.analyzer tfoot th{left:0}
.analyzer tr.in th{padding-left:2rem}
.analyzer button{all:unset;cursor:pointer;font:inherit}
.analyzer button:focus-visible{outline:2px solid var(--shared);outline-offset:2px}
.analyzer button::before{content:"▸";display:inline-block;width:1.1em;color:var(--faint)}
.analyzer button[aria-expanded=true]::before{content:"▾"}
.analyzer td.bar{min-width:4rem}
.analyzer code{font-family:ui-monospace,monospace;font-size:.92em}
.analyzer h1+.scroll{margin-top:1rem}
.analyzer td.bar i{display:block;height:.6rem;border-radius:2px;background:var(--mode,var(--shared));min-width:1px}
.analyzer .notes{color:var(--faint);font-size:.85rem;max-width:75rem}
.analyzer section+section{margin-top:3rem}
@media print{.analyzer .scroll{max-height:none;overflow:visible;border:0}.analyzer thead,.analyzer tbody th,.analyzer tfoot th,.analyzer tfoot td{position:static}.analyzer tr[hidden]{display:table-row}}
"""

SCRIPT = """
document.addEventListener("click",function(e){
 var b=e.target.closest("button[data-block]");if(!b)return;
 var open=b.getAttribute("aria-expanded")!=="true";
 b.setAttribute("aria-expanded",open);
 b.closest("table").querySelectorAll('tr[data-in="'+b.dataset.block+'"]').forEach(function(r){r.hidden=!open});
});
"""
