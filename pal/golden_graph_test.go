package pal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// TestGoldenGraph replays traces, small experiments and measures with the graph
// engine.
func TestGoldenGraph(t *testing.T) {
	for _, file := range goldenFiles(t) {
		raw, err := os.ReadFile(file)
		must(t, err)
		var g golden
		if json.Unmarshal(raw, &g) != nil || g.Algorithm != "" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			switch {
			case g.Snapshots != nil:
				backendtest.Each(t, func(t *testing.T, b *backend.Backend) { g.traceGraph(t, b) })
			case g.Students != nil:
				eachGraph(t, func(t *testing.T, o Options) { g.pipelineGraph(t, &o) })
			case g.Records != nil:
				eachGraph(t, func(t *testing.T, o Options) { g.metrics(t, &o) })
			}
		})
	}
}

// every wants all networks of a batch.
func every(int) bool { return true }

func (g *golden) traceGraph(t *testing.T, b *backend.Backend) {
	r := g.newTrace(t)
	n, cmp := r.net, newCompare(t)
	batch, err := newGraphBatch(b, 100, []*network{n})
	must(t, err)
	defer batch.close()
	must(t, batch.push())
	// Snapshots are the ends of segments, and so is the end of settling.
	ends := []int{g.NPre, g.NPre + g.NTrain}
	keys := map[int]string{g.NPre: "pre"}
	for key := range r.snapshots {
		if step, err := strconv.Atoi(key); err == nil {
			ends = append(ends, g.NPre+step)
			keys[g.NPre+step] = key
		}
	}
	slices.Sort(ends)
	seen, k := 0, 0
	for _, end := range slices.Compact(ends) {
		for k < end {
			train := k >= g.NPre
			if train {
				n.setPhase(phase{Up: g.Task == "fw_bw", Lateral: true, Down: true})
			}
			steps := min(end-k, batch.capacity)
			at := k / g.Hold
			must(t, batch.advance(segment{train: train, from: k % g.Hold, steps: steps, input: func(_, i int) (x, y []float64) {
				if train && r.targets != nil {
					y = r.targets[at+i]
				}
				return r.inputs[at+i], y
			}}))
			k += steps
		}
		must(t, batch.pull(every))
		if s, ok := r.snapshots[keys[end]]; ok {
			seen++
			s.near(cmp, keys[end], n, false)
		}
	}
	if seen != len(r.snapshots) || len(r.stream) != 0 {
		t.Fatalf("%d of %d snapshots compared, %d normal numbers left", seen, len(r.snapshots), len(r.stream))
	}
	if batch.settle.Compiled() > 1 || batch.train.Compiled() > 1 {
		t.Errorf("compiled %d and %d times, want once", batch.settle.Compiled(), batch.train.Compiled())
	}
	t.Log(cmp)
}
