package mdgl

import (
	"sync"
	"testing"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// graphRun makes a batch with the graph engine as network.run does.
func graphRun[F graphFloat](t testing.TB, g *graphBatch[F], n *network[F], trials []data.Trial, rule Rule) score {
	t.Helper()
	q := &request[F]{net: n, trials: trials, rule: rule}
	must(t, g.run([]*request[F]{q}))
	return q.score
}

func openGraph[F graphFloat](t testing.TB, b *backend.Backend, runs int, n *network[F]) *graphBatch[F] {
	t.Helper()
	programs := newGraphPrograms(b)
	if b.Name == backend.CPU { // which is one for all tests
		compiled.Do(func() { compiledXLA = programs })
		programs = compiledXLA
	} else {
		t.Cleanup(programs.close)
	}
	g, err := newGraphBatch[F](programs, runs, n.cfg, n.shape)
	must(t, err)
	t.Cleanup(g.close)
	return g
}

// Programs of all tests on XLA, which takes seconds to compile them.
var (
	compiled    sync.Once
	compiledXLA *graphPrograms
)

// TestGoldenGraph runs the golden networks of both cells with the graph engine, under
// all rules of which a file holds gradients.
func TestGoldenGraph(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *goldenCase) bool {
		if g.Gradients == nil {
			return false
		}
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			t.Run("float64", func(t *testing.T) { goldenGraph[float64](t, g, b, 1e-9) })
			t.Run("float32", func(t *testing.T) { goldenGraph[float32](t, g, b, 1e-4) })
		})
		return true
	})
}

func goldenGraph[F graphFloat](t *testing.T, c *goldenCase, b *backend.Backend, tol float64) {
	rules, window := Rules(), 1
	lsnn := c.Params.NBlocks > 0
	if lsnn {
		rules, window = []Rule{BPTT}, c.Params.T/c.Params.NBlocks
	}
	trials := c.trials(window)
	var all []*request[F]
	for _, rule := range rules {
		all = append(all, &request[F]{net: goldenNetwork[F](t, c), trials: trials, rule: rule})
	}
	g := openGraph(t, b, len(all), all[0].net)
	worst := 0.0
	compare := func(q *request[F], in, rec, rateLoss tensor) {
		t.Helper()
		n, name := q.net, string(q.rule)
		near(t, name+" dW_in", n.sums.in, in, tol, &worst)
		near(t, name+" dW_rec", n.sums.rec, rec, tol, &worst)
		near(t, name+" dW_out", n.sums.out, part[tensor](t, c.Gradients, "dW_out"), tol, &worst)
		near(t, name+" db_out", n.sums.bias, part[tensor](t, c.Gradients, "db_out"), tol, &worst)
		near(t, name+" loss", []float64{q.score.loss}, c.Loss["value"], tol, &worst)
		if rateLoss != nil {
			near(t, name+" rate cost", []float64{q.score.rateLoss}, rateLoss, tol, &worst)
		}
		if acc := c.Loss["accuracy"]; acc != nil && acc[0] != float64(q.score.correct)/float64(q.score.n) {
			t.Errorf("%s: %d of %d correct, want %v", name, q.score.correct, q.score.n, acc[0])
		}
	}
	if lsnn {
		n := all[0].net
		n.cfg.Learning.RateCost, n.cfg.Learning.RateTarget = c.Loss["reg"][0], 1000*c.Loss["f0"][0]
		must(t, g.run(all))
		compare(all[0], part[tensor](t, c.Gradients, "dW_in"), part[tensor](t, c.Gradients, "dW_rec"), c.Loss["loss_reg"])
		t.Logf("largest relative difference %.1e", worst)
		return
	}
	must(t, g.run(all))
	for _, q := range all {
		want := part[goldenGradient](t, c.Gradients, string(q.rule))
		compare(q, want.In, want.Rec, nil)
		q.net.cfg.Learning.RateCost = part[float64](t, c.Regularised, "reg")
		q.net.cfg.Learning.RateTarget = 1000 * part[float64](t, c.Regularised, "f0")
	}
	must(t, g.run(all))
	for _, q := range all {
		if c.Regularised[string(q.rule)] != nil {
			want := part[goldenGradient](t, c.Regularised, string(q.rule))
			compare(q, want.In, want.Rec, part[tensor](t, c.Regularised, "loss_reg"))
			near(t, "mean rates", q.net.rates, part[tensor](t, c.Regularised, "av"), tol, &worst)
		}
	}
	t.Logf("largest relative difference %.1e", worst)
}
