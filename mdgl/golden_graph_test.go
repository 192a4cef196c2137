package mdgl

import (
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
	g, err := newGraphBatch[F](programs, runs, n.cfg, n.shape)
	must(t, err)
	t.Cleanup(func() { g.close(); programs.close() })
	return g
}

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
	n := goldenNetwork[F](t, c)
	g := openGraph(t, b, 1, n)
	window := 1
	if c.Params.NBlocks > 0 {
		window = c.Params.T / c.Params.NBlocks
	}
	trials := c.trials(window)
	worst := 0.0
	compare := func(name string, in, rec tensor) {
		t.Helper()
		near(t, name+" dW_in", n.sums.in, in, tol, &worst)
		near(t, name+" dW_rec", n.sums.rec, rec, tol, &worst)
		near(t, name+" dW_out", n.sums.out, part[tensor](t, c.Gradients, "dW_out"), tol, &worst)
		near(t, name+" db_out", n.sums.bias, part[tensor](t, c.Gradients, "db_out"), tol, &worst)
	}
	checkScore := func(s score, rateLoss tensor) {
		t.Helper()
		near(t, "loss", []float64{s.loss}, c.Loss["value"], tol, &worst)
		if rateLoss != nil {
			near(t, "rate cost", []float64{s.rateLoss}, rateLoss, tol, &worst)
		}
		if acc := c.Loss["accuracy"]; acc != nil && acc[0] != float64(s.correct)/float64(s.n) {
			t.Errorf("%d of %d correct, want %v", s.correct, s.n, acc[0])
		}
	}
	if n.cfg.Cells.Model == "lsnn" {
		n.cfg.Learning.RateCost, n.cfg.Learning.RateTarget = c.Loss["reg"][0], 1000*c.Loss["f0"][0]
		checkScore(graphRun(t, g, n, trials, BPTT), c.Loss["loss_reg"])
		compare("bptt", part[tensor](t, c.Gradients, "dW_in"), part[tensor](t, c.Gradients, "dW_rec"))
	} else {
		for _, rule := range Rules() {
			n.cfg.Learning.RateCost = 0
			want := part[goldenGradient](t, c.Gradients, string(rule))
			checkScore(graphRun(t, g, n, trials, rule), nil)
			compare(string(rule), want.In, want.Rec)
			if c.Regularised[string(rule)] == nil {
				continue
			}
			n.cfg.Learning.RateCost = part[float64](t, c.Regularised, "reg")
			n.cfg.Learning.RateTarget = 1000 * part[float64](t, c.Regularised, "f0")
			want = part[goldenGradient](t, c.Regularised, string(rule))
			checkScore(graphRun(t, g, n, trials, rule), part[tensor](t, c.Regularised, "loss_reg"))
			compare(string(rule)+" with rate cost", want.In, want.Rec)
			near(t, "mean rates", n.rates, part[tensor](t, c.Regularised, "av"), tol, &worst)
		}
	}
	// Liveness: the engine that scores without learning sees the same trials.
	checkScore(graphRun(t, g, n, trials, ""), nil)
	t.Logf("largest relative difference %.1e", worst)
}
