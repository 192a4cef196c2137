package plotting

import (
	"context"
	"fmt"
	"math"

	"github.com/neurocredit/neurocredit/dendritic"
)

const (
	noiseLags = 10     // records
	noiseRows = 50_000 // at most that many are analysed
)

// autocorrelation plots the autocorrelation of the noise of the pyramidal
// neurons, with that of the stationary process.
func (e *evaluation) autocorrelation() {
	e.add(func(ctx context.Context) ([]product, error) {
		p := NewPanel("Autocorrelation of the noise", "lag (ms)", "correlation")
		cfg := &e.run.Config
		var x []float64
		for _, n := range e.names {
			if n.Stage != dendritic.Training || n.Variable != "noise" {
				continue
			}
			c, _, rows, err := e.open(n.Stage, n.Level, n.Group, n.Variable, whole)
			if err != nil {
				return nil, err
			}
			defer c.Close()
			rows = min(rows, noiseRows)
			values := make([]float64, rows*c.Width())
			if err := c.Read(values, 0, 1); err != nil {
				return nil, err
			}
			curve := Curve{Name: fmt.Sprintf("level %d", n.Level)}
			for k := range c.Width() {
				column := make([]float64, rows)
				for i := range column {
					column[i] = values[i*c.Width()+k]
				}
				curve.Y = append(curve.Y, Autocorrelation(column, min(noiseLags, rows-1)))
			}
			lag := float64(c.Every) * cfg.Circuit.Dt
			x = make([]float64, len(curve.Y[0]))
			for i := range x {
				x[i] = float64(i) * lag
			}
			curve.X = x
			mean, std := MeanStd(values)
			if p.Note != "" {
				p.Note += "; "
			}
			p.Note += fmt.Sprintf("level %d: mean %.2g, standard deviation %.4g", n.Level, mean, std)
			p.Curves(curve)
		}
		theory := make([]float64, len(x))
		for i := range theory {
			theory[i] = math.Pow(1-cfg.Circuit.Dt/cfg.Circuit.Noise.Tau, x[i]/cfg.Circuit.Dt)
		}
		p.Lines(Line{Name: "(1 − dt/τ_{n})^{t/dt}", X: x, Y: theory, Color: 7, Dashed: true})
		return []product{{figure: NewFigure("", p)}}, nil
	}, "autokov_noise_pyr.png")
}

// Autocorrelation returns the autocorrelation of a series at lags 0 to lags: the
// mean product of deviations from the mean (divided by the length of the series),
// relative to the variance. A constant series has none but 1 at lag 0. It panics
// if lags is not between 0 and len(series)-1.
func Autocorrelation(series []float64, lags int) []float64 {
	if lags < 0 || lags >= len(series) {
		panic(fmt.Sprintf("plotting: autocorrelation: %d lags of a series of %d", lags, len(series)))
	}
	mean, std := MeanStd(series)
	r := make([]float64, lags+1)
	r[0] = 1
	for lag := 1; lag <= lags && std > 0; lag++ {
		sum := 0.0
		for i := lag; i < len(series); i++ {
			sum += (series[i] - mean) * (series[i-lag] - mean)
		}
		r[lag] = sum / float64(len(series)) / (std * std)
	}
	return r
}

// highpass plots the rate of a population and what its high-pass filter leaves
// out.
func (e *evaluation) highpass(n dendritic.RecordingName) {
	e.add(func(ctx context.Context) ([]product, error) {
		rate, err := e.read(ctx, n.Stage, n.Level, n.Group, "rate", whole, true)
		if err != nil {
			return nil, err
		}
		high, err := e.read(ctx, n.Stage, n.Level, n.Group, "rate_highpass", whole, true)
		if err != nil {
			return nil, err
		}
		p := recordPanel(fmt.Sprintf("Rate of %s, level %d, %s", n.Group, n.Level, n.Stage), "rate")
		p.Note = "solid: rate, dashed: rate − high-passed rate"
		if note := rate.note(); note != "" {
			p.Note += "; " + note
		}
		slow := signalMark{y: combine(rate, high, minus)}
		for k := range rate.y[0] {
			p.Lines(Line{X: rate.x, Y: signalMark{y: rate.y}.column(k), Color: 1 + k, Thin: true},
				Line{X: rate.x, Y: slow.column(k), Color: 1 + k, Thin: true, Dashed: true})
		}
		return []product{{figure: NewFigure("", p)}}, nil
	}, fmt.Sprintf("%s_%d_%s_rate_minus_highpass_full.png", n.Stage, n.Level, n.Group))
}
