// Counts crossings in dagre's drawings of the random graphs of layout.py, on the finished lines as layout.py does:
//
//     npm install @dagrejs/dagre@3.1.3        (MIT)
//     python benchmarks/layout.py --graphs | node benchmarks/layout_dagre.mjs > benchmarks/layout_dagre.json
//
// Run it where node_modules is, or copy it there: a module is looked for beside the script.
import fs from "node:fs";
import * as module from "@dagrejs/dagre";

const dagre = module.default ?? module;

function drawn([nodes, edges]) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({});
  graph.setDefaultEdgeLabel(() => ({}));
  for (let node = 0; node < nodes; node++) graph.setNode(String(node), { width: 140, height: 40 });
  edges.forEach(([source, target], number) => graph.setEdge(String(source), String(target), {}, String(number)));
  dagre.layout(graph);
  return graph.edges().map((edge) => graph.edge(edge).points);
}

function side(start, end, point) {
  return Math.sign((end.x - start.x) * (point.y - start.y) - (end.y - start.y) * (point.x - start.x));
}

function crossings(ways) {
  let count = 0;
  for (let one = 1; one < ways.length; one++)
    for (let other = 0; other < one; other++)
      for (let here = 1; here < ways[one].length; here++)
        for (let there = 1; there < ways[other].length; there++) {
          const [start, end] = [ways[one][here - 1], ways[one][here]];
          const [begin, stop] = [ways[other][there - 1], ways[other][there]];
          const apart = side(start, end, begin) * side(start, end, stop) < 0;
          if (apart && side(begin, stop, start) * side(begin, stop, end) < 0) count++;
        }
  return count;
}

const graphs = JSON.parse(fs.readFileSync(0, "utf-8"));
console.log(JSON.stringify({ version: dagre.version, crossings: graphs.map((graph) => crossings(drawn(graph))) }));
