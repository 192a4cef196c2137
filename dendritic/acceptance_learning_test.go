package dendritic

import (
	"context"
	"math"
	"slices"
	"testing"
)

// Noise: stationary standard deviation σ/sqrt(2 - dt/τ) and autocorrelation
// 1 - dt/τ at lag 1, independent between neurons, levels and seeds.
func TestAcceptance7(t *testing.T) {
	t.Run("float64", func(t *testing.T) { noiseStatistics[float64](t, Float64) })
	t.Run("float32", func(t *testing.T) { noiseStatistics[float32](t, Float32) })
}

func noiseStatistics[F float](t *testing.T, precision string) {
	cfg := small(PAL, 4, 20, 20, 3)
	cfg.Precision = precision
	inputs, targets := patterns(9, 1, 4, 3)
	// record returns the course of the noise of both levels, [steps][40].
	record := func(seed uint32, sigma float64, steps int) [][]float64 {
		cfg.Seed, cfg.Circuit.Noise.Amplitude = seed, sigma
		n := newborn[F](t, &cfg, false)
		n.hold(false, false, inputs[0], targets[0])
		n.run(200)
		var rows [][]float64
		for range steps {
			n.step()
			rows = append(rows, slices.Concat(n.values(t, 1, "pyramidal", "noise"), n.values(t, 2, "pyramidal", "noise")))
		}
		return rows
	}
	const steps = 20000
	a := record(1, 0.01, steps)
	b := record(2, 0.01, steps)
	mean := func(f func(step, i int) float64) float64 {
		sum := 0.0
		for step := range steps - 1 {
			for i := range 40 {
				sum += f(step, i)
			}
		}
		return sum / (40 * (steps - 1))
	}
	variance := mean(func(s, i int) float64 { return a[s][i] * a[s][i] })
	for _, c := range []struct {
		what           string
		got, want, tol float64
	}{
		{"standard deviation over sigma", math.Sqrt(variance) / 0.01, 1 / math.Sqrt(2-0.01/0.1), 0.01},
		{"mean over sigma", mean(func(s, i int) float64 { return a[s][i] }) / 0.01, 0, 0.015},
		{"autocorrelation", mean(func(s, i int) float64 { return a[s][i] * a[s+1][i] }) / variance, 0.9, 0.003},
		{"kurtosis", mean(func(s, i int) float64 { return math.Pow(a[s][i], 4) }) / variance / variance, 3, 0.1},
		{"correlation of neighbours", mean(func(s, i int) float64 { return a[s][i] * a[s][(i+1)%40] }) / variance, 0, 0.02},
		{"correlation of levels", mean(func(s, i int) float64 { return a[s][i] * a[s][(i+20)%40] }) / variance, 0, 0.02},
		{"correlation of seeds", mean(func(s, i int) float64 { return a[s][i] * b[s][i] }) / variance, 0, 0.02},
	} {
		if !(math.Abs(c.got-c.want) <= c.tol) {
			t.Errorf("%s = %.4f, want %.4f ± %g", c.what, c.got, c.want, c.tol)
		}
	}
	double := record(1, 0.02, 1)[0]
	for i, v := range double {
		if math.Abs(v-2*a[0][i]) > 1e-8 {
			t.Errorf("control: noise %g with sigma 0.02, %g with 0.01", v, a[0][i])
		}
	}
	if v := largest(record(1, 0, 1)[0]); v != 0 {
		t.Errorf("control: noise %g with sigma 0", v)
	}
}

// alignmentConfig is the circuit in which feedback alone learns, quickly: only
// the top-down weights are plastic, and the noise is strong.
func alignmentConfig() Config {
	cfg := small(PAL, 4, 6, 3)
	cfg.Seed = 4
	cfg.Circuit.Noise.Amplitude = 0.1
	cfg.Initial.Up = Range{-1, 1}
	cfg.Learning.I2P, cfg.Learning.Alpha = "frozen", 1e-3
	cfg.Learning.Rates = Rates{Up: []float64{0, 0}, Down: []float64{20}, P2I: []float64{0}, I2P: []float64{0}}
	return cfg
}

func angle(t *testing.T, n *network[float64]) float64 {
	t.Helper()
	a, err := alignments(n.cfg, n)
	must(t, err)
	return a[0].Angle
}

// Alignment: with fixed forward weights, constant input and no teaching the
// top-down weights turn towards the transposed forward weights.
func TestAcceptance8(t *testing.T) {
	inputs, targets := patterns(10, 1, 4, 3)
	// course returns the angles at the start and after 10,000, 20,000, … steps.
	course := func(change func(*Config)) []float64 {
		cfg := alignmentConfig()
		change(&cfg)
		n := newborn[float64](t, &cfg, false)
		n.hold(true, false, inputs[0], targets[0])
		angles := []float64{angle(t, n)}
		for range 6 {
			n.run(10000)
			angles = append(angles, angle(t, n))
		}
		t.Logf("%.1f", angles)
		return angles
	}
	a := course(func(*Config) {})
	if a[0] < 60 || a[2] > 45 || a[4] > 16 || a[5] > 16 || a[6] > 16 {
		t.Errorf("angles %.1f do not fall to about 10 degrees", a)
	}
	silent := course(func(c *Config) { c.Circuit.Noise.Amplitude = 0 })
	if math.Abs(silent[6]-silent[0]) > 1e-6 {
		t.Errorf("control, no noise: angles %.1f", silent)
	}
	wrong := course(func(c *Config) {
		c.Learning.Rules.Down = Rule{Weight: "eta*(-noise_post*highpass_pre - alpha*w)"}
	})
	if wrong[6] < 164 {
		t.Errorf("control, wrong sign: angles %.1f", wrong)
	}
	raw := course(func(c *Config) { c.Learning.Rules.Down = Rule{Weight: "eta*(noise_post*rate_pre - alpha*w)"} })
	if raw[6] < a[6]+5 {
		t.Errorf("control, no high pass: angles %.1f", raw)
	}
}

// Correlation of noise and high-passed rate: c var s_a φ'_j s φ'_h W_jh, with
// var = σ²/(2 - dt/τ_n) and c = a²(1-a)/(1-ab), a = 1 - dt/τ_n, b = 1 - dt/τ_hp.
func TestAcceptance8Correlation(t *testing.T) {
	cfg := alignmentConfig()
	cfg.Learning.Rates.Down[0] = 0
	inputs, targets := patterns(10, 1, 4, 3)
	// fit returns the slope of measured against predicted correlations, their
	// correlation, and the constant c predicted.
	fit := func(noiseTau, highpassTau float64) (slope, correlation, c float64) {
		cfg.Circuit.Noise.Tau, cfg.Circuit.HighpassTau = noiseTau, highpassTau
		n := newborn[float64](t, &cfg, true)
		n.hold(false, false, inputs[0], targets[0])
		n.run(1000)
		var sum [6][3]float64
		noise, hp := n.hidden[0].noise, n.out.highpass
		const steps = 600000
		for range steps {
			n.step()
			for j := range 6 {
				for h := range 3 {
					sum[j][h] += noise[j] * hp[h] / steps
				}
			}
		}
		g, dt := cfg.Circuit.Conductances, cfg.Circuit.Dt
		a, b := 1-dt/noiseTau, 1-dt/highpassTau
		c = a * a * (1 - a) / (1 - a*b)
		variance := 0.01 / (2 - dt/noiseTau)
		up := n.values(t, 2, "ff", "g")
		slopeOf := func(r float64) float64 { return r * (1 - r) }
		var xy, xx, yy float64
		for j := range 6 {
			for h := range 3 {
				x := variance * g.Apical / (g.Leak + g.Basal + g.Apical) * slopeOf(n.hidden[0].rate[j]) *
					g.Basal / (g.Leak + g.Basal) * slopeOf(n.out.rate[h]) * up[j*3+h]
				y := sum[j][h]
				xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
			}
		}
		return xy / xx, xy / math.Sqrt(xx*yy), c
	}
	for _, tau := range [][2]float64{{0.1, 0.1}, {0.1, 0.05}, {0.05, 0.1}} {
		slope, r, c := fit(tau[0], tau[1])
		t.Logf("tau %v: c = %.4f, predicted %.4f, correlation %.4f", tau, slope, c, r)
		if math.Abs(slope-c) > 0.02*c || r < 0.997 {
			t.Errorf("tau %v: c = %.4f, want %.4f; correlation with the prediction %.4f", tau, slope, c, r)
		}
	}
}

// Learning: short runs of the published settings. The longer course of FA is in
// TestGoldenTrajectory.
func TestAcceptance9(t *testing.T) {
	run := func(cfg Config, epochs int) *Result {
		t.Helper()
		cfg.Epochs = epochs
		r, err := Train(context.Background(), cfg, nil)
		must(t, err)
		return r
	}
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tol) {
			t.Errorf("%s = %.4f, want %.4f ± %g", what, got, want, tol)
		}
	}
	for _, precision := range []string{Float64, Float32} {
		cfg := YinYang(FA)
		cfg.Precision = precision
		r := run(cfg, 1)
		near(precision+" FA accuracy at the start", r.Epochs[0].Score.Accuracy, 34.56, 0.005)
		near(precision+" FA accuracy", r.Epochs[1].Score.Accuracy, 72.22, 0.12)
		near(precision+" FA error at the start", r.Epochs[0].Score.MeanAbsError, 0.3803, 6e-5)
		near(precision+" FA error", r.Epochs[1].Score.MeanAbsError, 0.3056, 6e-5)
		near(precision+" FA test", r.Test.Accuracy, 69.89, 0.12)
	}
	r := run(YinYang(PAL), 2)
	near("PAL accuracy at the start", r.Epochs[0].Score.Accuracy, 34.56, 0.005)
	near("PAL accuracy", r.Last().Score.Accuracy, 77, 2)
	near("PAL test", r.Test.Accuracy, 75.4, 2)
	near("PAL angle at the start", r.Epochs[0].Alignment[0].Angle, 109.54, 0.01)
	near("PAL angle", r.Last().Alignment[0].Angle, 58.7, 2)
	near("PAL norm of the top-down weights at the start", r.Epochs[0].Alignment[0].NormDown, 5.3317, 1e-4)
	near("PAL norm of the top-down weights", r.Last().Alignment[0].NormDown, 5.302, 0.003)

	untaught := YinYang(FA)
	untaught.Presentation.Teach = false
	if r := run(untaught, 1); r.Last().Score.Accuracy > 45 {
		t.Errorf("control, no teaching: accuracy %.2f", r.Last().Score.Accuracy)
	}
}

// With i2p frozen the decay of the top-down weights is no longer cancelled: the
// circuit first learns and then degrades. Decay is 50 times the published one,
// so that 15,000 samples show what else takes 120 epochs.
func TestAcceptance9FrozenI2P(t *testing.T) {
	var configs []Config
	for _, mode := range []Mode{PALFrozenI2P, PAL} {
		cfg := YinYang(mode)
		cfg.Epochs, cfg.Data.Train, cfg.Data.Test, cfg.Learning.Alpha = 5, 1000, 1, 5e-5
		configs = append(configs, cfg)
	}
	results, err := TrainAll(context.Background(), configs, nil)
	must(t, err)
	var accuracy [2][]float64
	for i, r := range results {
		_, accuracy[i], err = r.Curve("accuracy")
		must(t, err)
	}
	frozen, plastic := accuracy[0], accuracy[1]
	if frozen[1] < 60 || frozen[5] > 52 || slices.Max(frozen) > 70 {
		t.Errorf("i2p frozen: accuracies %.1f do not rise and fall", frozen)
	}
	if plastic[5] < 74 || plastic[5] < plastic[1] {
		t.Errorf("control, i2p plastic: accuracies %.1f", plastic)
	}
}
