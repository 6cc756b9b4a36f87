#!/usr/bin/env python3
"""Independent, self-contained checker for Cordeau-format dial-a-ride (DARP) solutions.

A route (list of node ids 1..2n, depots implicit) is schedulable iff some service-start times
B_k exist with
    e_k <= B_k <= l_k                                   time windows (also both depot visits)
    B_{k+1} >= B_k + s_k + t(k,k+1)                      travel (waiting allowed, also with users aboard)
    B_{n+i} - (B_i + s_i) <= L                           max user ride time
    B_end - B_start <= T                                 max route duration
All are difference constraints, so the system is feasible iff its constraint graph has no
negative cycle: Bellman-Ford decides this exactly (no heuristic scheduling step).
Cost = sum of unrounded Euclidean distances, depot to depot.

usage: check_darp.py INSTANCE.txt SOLUTION.json
   SOLUTION.json: {"routes": [[...], ...], "unserved": [optional request ids]} or a bare list.
exit status 0 = feasible.
"""
import json
import math
import sys

EPS = 1e-6

class Instance:
    pass

def read_instance(path):
    rows = [l.split() for l in open(path) if l.strip()]
    K, _, T, Q, L = [float(v) for v in rows[0][:5]]
    nodes = [[float(v) for v in r[:7]] for r in rows[1:]]
    m = len(nodes)
    inst = Instance()
    inst.K, inst.T, inst.Q, inst.L = int(K), T, Q, L
    inst.n = (m - 1) // 2                       # m = 2n+1 (one depot) or 2n+2 (two depots)
    if m == 2 * inst.n + 1:
        nodes.append(nodes[0][:])
    assert len(nodes) == 2 * inst.n + 2, "unexpected number of nodes"
    assert [int(r[0]) for r in nodes[:2 * inst.n + 1]] == list(range(2 * inst.n + 1)), "ids not 0..2n"
    inst.x = [r[1] for r in nodes]; inst.y = [r[2] for r in nodes]
    inst.s = [r[3] for r in nodes]; inst.q = [r[4] for r in nodes]
    inst.e = [r[5] for r in nodes]; inst.l = [r[6] for r in nodes]
    return inst

def dist(inst, i, j):
    return math.hypot(inst.x[i] - inst.x[j], inst.y[i] - inst.y[j])

def schedule(inst, route, eps=EPS):
    """Return service-start times for depot+route+depot, or None when no schedule exists."""
    n = inst.n
    seq = [0] + list(route) + [2 * n + 1]
    m = len(seq); org = m                      # org = time origin variable (value 0)
    pos = {v: k for k, v in enumerate(seq)}
    arcs = []                                  # (u, v, w):  B_v <= B_u + w
    for k, v in enumerate(seq):
        arcs.append((org, k, inst.l[v]))       # B_k <= l
        arcs.append((k, org, -inst.e[v]))      # 0 <= B_k - e
    for k in range(m - 1):
        arcs.append((k + 1, k, -(inst.s[seq[k]] + dist(inst, seq[k], seq[k + 1]))))
    for v in route:
        if v <= n and v + n in pos:
            arcs.append((pos[v], pos[v + n], inst.s[v] + inst.L))
    arcs.append((0, m - 1, inst.T))
    d = [0.0] * (m + 1)
    for it in range(m + 2):
        changed = False
        for u, v, w in arcs:
            if d[u] + w < d[v] - eps:
                d[v] = d[u] + w; changed = True
        if not changed:
            return [d[k] - d[org] for k in range(m)]
    return None

def check_route(inst, route, eps=EPS):
    errs = []; n = inst.n; load = 0; seen = {}
    for k, v in enumerate(route):
        if not (1 <= v <= 2 * n):
            return ["node id %r out of range" % v]
        if v in seen:
            errs.append("node %d visited twice" % v)
        seen[v] = k
        load += inst.q[v]
        if load > inst.Q + eps:
            errs.append("capacity %g > %g after node %d" % (load, inst.Q, v))
    for v in seen:
        p = v if v <= n else v - n
        if p not in seen or p + n not in seen:
            errs.append("request %d: pickup and delivery not on the same route" % p)
        elif seen[p] > seen[p + n]:
            errs.append("request %d: delivery before pickup" % p)
    if not errs and schedule(inst, route, eps) is None:
        errs.append("no feasible schedule (time windows / ride time / route duration)")
    return errs

def check(inst, routes, unserved=(), eps=EPS):
    """-> (feasible, cost, [errors])"""
    errs = []; cost = 0.0; count = {}
    used = [r for r in routes if r]
    if len(used) > inst.K:
        errs.append("%d vehicles used, %d available" % (len(used), inst.K))
    for k, r in enumerate(used):
        errs += ["route %d: %s" % (k, e) for e in check_route(inst, r, eps)]
        seq = [0] + list(r) + [2 * inst.n + 1]
        if all(0 <= v <= 2 * inst.n + 1 for v in seq):
            cost += sum(dist(inst, a, b) for a, b in zip(seq, seq[1:]))
        for v in r:
            count[v] = count.get(v, 0) + 1
    for i in range(1, inst.n + 1):
        want = 0 if i in set(unserved) else 1
        if count.get(i, 0) != want or count.get(i + inst.n, 0) != want:
            errs.append("request %d served %d/%d times" % (i, count.get(i, 0), count.get(i + inst.n, 0)))
    return (not errs), cost, errs

def main(argv):
    inst = read_instance(argv[1]); sol = json.load(open(argv[2]))
    routes = sol["routes"] if isinstance(sol, dict) else sol
    uns = sol.get("unserved", []) if isinstance(sol, dict) else []
    ok, cost, errs = check(inst, routes, uns)
    print(json.dumps({"feasible": ok, "cost": cost, "errors": errs}, indent=1))
    return 0 if ok else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv))
