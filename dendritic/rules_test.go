package dendritic

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/equation"
)

// runOracle runs the protocol of the engine tests with rules written in Go.
func runOracle(t *testing.T, cfg Config, rules map[string]oracleRule) *oracle {
	t.Helper()
	all := maps.Clone(publishedOracle)
	maps.Copy(all, rules)
	o := newOracle(t, newborn[float64](t, &cfg, false), all)
	protocol(t, &cfg, o.present)
	return o
}

// ownRules are equations with what they mean.
var ownRules = []struct {
	name  string
	rules Rules
	means map[string]oracleRule
}{
	{"up without low pass", Rules{Up: Rule{Weight: "0.01*eta*(rate_post - predicted_rate_post)*rate_pre"}},
		map[string]oracleRule{groupUp: func(q local) (float64, float64) { return 0.01 * q.eta * (q.post - q.pred) * q.pre, 0 }}},
	{"up with decay", Rules{Up: Rule{Weight: "delta/dt", Delta: "(dt*eta*(rate_post - predicted_rate_post)*last_rate_pre - delta)/tau - 3*delta"}},
		map[string]oracleRule{groupUp: func(q local) (float64, float64) {
			return q.d / q.dt, (q.dt*q.eta*(q.post-q.pred)*q.last-q.d)/q.tau - 3*q.d
		}}},
	{"weights that forget", Rules{Up: Rule{Weight: "-0.2*w"}, P2I: Rule{Weight: "eta*rate_pre*rate_post - 0.1*w"}},
		map[string]oracleRule{
			groupUp:  func(q local) (float64, float64) { return -0.2 * q.w, 0 },
			groupP2I: func(q local) (float64, float64) { return q.eta*q.pre*q.post - 0.1*q.w, 0 },
		}},
	{"low pass that does not feed the weight at once", Rules{P2I: Rule{Weight: "delta", Delta: "(eta*(rate_post - predicted_rate_post)*last_rate_pre - delta)/(10*tau)"}},
		map[string]oracleRule{groupP2I: func(q local) (float64, float64) {
			return q.d, (q.eta*(q.post-q.pred)*q.last - q.d) / (10 * q.tau)
		}}},
	{"top-down with a second state", Rules{Down: Rule{Weight: "delta", Delta: "(eta*noise_post*highpass_pre - delta)/0.3 - alpha*w"}},
		map[string]oracleRule{groupDown: func(q local) (float64, float64) {
			return q.d, (q.eta*q.noise*q.preHP-q.d)/0.3 - q.alpha*q.w
		}}},
	{"no split: bounded weights", Rules{I2P: Rule{Weight: "delta/dt", Delta: "(dt*eta*tanh(-apical_post*last_rate_pre*3) - delta)/tau"}, Down: Rule{Weight: "eta*noise_post*highpass_pre*(1 - square(w))"}},
		map[string]oracleRule{
			groupI2P: func(q local) (float64, float64) {
				return q.d / q.dt, (q.dt*q.eta*math.Tanh(-q.va*q.last*3) - q.d) / q.tau
			},
			groupDown: func(q local) (float64, float64) { return q.eta * q.noise * q.preHP * (1 - q.w*q.w), 0 },
		}},
	{"only the time step", Rules{Up: Rule{Weight: "1e-3"}, Down: Rule{Weight: "dt*rate_pre"}, P2I: Rule{Weight: "1e-3*rate_post"}},
		map[string]oracleRule{
			groupUp:   func(q local) (float64, float64) { return 1e-3, 0 },
			groupDown: func(q local) (float64, float64) { return q.dt * q.pre, 0 },
			groupP2I:  func(q local) (float64, float64) { return 1e-3 * q.post, 0 },
		}},
	{"top-down like bottom-up", Rules{Down: Rule{Weight: "eta*(rate_post - predicted_rate_post)*rate_pre"}},
		map[string]oracleRule{groupDown: func(q local) (float64, float64) { return q.eta * (q.post - q.pred) * q.pre, 0 }}},
}

func TestOwnRules(t *testing.T) {
	for _, c := range ownRules {
		t.Run(c.name, func(t *testing.T) {
			for _, circuit := range []string{"Yin-Yang", "two levels", "bias"} {
				cfg := engineCases[circuit]()
				cfg.Learning.Rates.Up[0] = 5
				o := runOracle(t, cfg, c.means)
				for _, full := range []bool{false, true} {
					if d, where := distance(t, o, runEngine[float64](t, cfg, variant{full: full, rules: c.rules})); !(d < 1e-12) {
						t.Errorf("%s, full %v: off by %g in the %s", circuit, full, d, where)
					}
				}
				if d, _ := distance(t, o, runEngine[float64](t, cfg, variant{})); d < 1e-9 {
					t.Errorf("control: %s: the published rules do the same, %g", circuit, d)
				}
				single := cfg
				single.Precision = Float32
				if d, where := distance(t, o, runEngine[float32](t, single, variant{full: true, rules: c.rules})); !(d < 3e-4) {
					t.Errorf("%s, float32: off by %g in the %s", circuit, d, where)
				}
			}
		})
	}
}

// Every quantity of every scope means what it says: a rule of it alone, and of it
// in a rule that does not split.
func TestRuleQuantities(t *testing.T) {
	value := map[string]func(q local) float64{
		"w": func(q local) float64 { return q.w }, "delta": func(q local) float64 { return q.d },
		"eta": func(q local) float64 { return q.eta }, "dt": func(q local) float64 { return q.dt },
		"tau": func(q local) float64 { return q.tau }, "alpha": func(q local) float64 { return q.alpha },
		"rate_pre": func(q local) float64 { return q.pre }, "last_rate_pre": func(q local) float64 { return q.last },
		"highpass_pre": func(q local) float64 { return q.preHP }, "u_pre": func(q local) float64 { return q.preU },
		"rate_post": func(q local) float64 { return q.post }, "last_rate_post": func(q local) float64 { return q.postLast },
		"predicted_rate_post": func(q local) float64 { return q.pred }, "u_post": func(q local) float64 { return q.postU },
		"basal_post": func(q local) float64 { return q.vb }, "apical_post": func(q local) float64 { return q.va },
		"noise_post": func(q local) float64 { return q.noise }, "highpass_post": func(q local) float64 { return q.postHP },
	}
	for _, group := range []string{groupUp, groupP2I, groupI2P, groupDown} {
		scope, err := RuleScope(group)
		must(t, err)
		for _, quantity := range scope {
			name := quantity.Name
			get := value[name]
			if get == nil {
				t.Fatalf("no meaning of %s", name)
			}
			t.Run(group+"/"+name, func(t *testing.T) {
				for form, rule := range map[string]Rule{
					"splits":         {Weight: "0.05*" + name, Delta: "0.5 - delta"},
					"does not split": {Weight: fmt.Sprintf("0.05*max(%s, -1e300)", name), Delta: "0.5 - delta"},
				} {
					cfg := engineCases["bias"]()
					cfg.Learning.Rates.Up[0] = 5
					cfg.Circuit.Noise.Amplitude, cfg.Presentation.Time = 0.5, 0.2
					o := runOracle(t, cfg, map[string]oracleRule{group: func(q local) (float64, float64) { return 0.05 * get(q), 0.5 - q.d }})
					var rules Rules
					*map[string]*Rule{groupUp: &rules.Up, groupP2I: &rules.P2I, groupI2P: &rules.I2P, groupDown: &rules.Down}[group] = rule
					if d, where := distance(t, o, runEngine[float64](t, cfg, variant{rules: rules})); !(d < 1e-12) {
						t.Errorf("%s: off by %g in the %s", form, d, where)
					}
				}
			})
		}
	}
}

// The published rules, said in other ways.
func TestPublishedRulesInOtherWords(t *testing.T) {
	cfg := engineCases["two levels"]()
	o := runOracle(t, cfg, nil)
	up := []string{
		"dt*eta/tau*(rate_post*last_rate_pre - predicted_rate_post*last_rate_pre) - delta/tau",
		"-(delta - dt*eta*last_rate_pre*(rate_post - predicted_rate_post))/tau",
		"(last_rate_pre*rate_post - last_rate_pre*predicted_rate_post)*(eta*dt/tau) + (0 - 1)*delta/tau",
		"(dt*eta*(rate_post - predicted_rate_post)*last_rate_pre - delta)*pow(tau, -1)",
		"(dt*eta*(rate_post - sigmoid(0.1/0.19*basal_post))*last_rate_pre - delta)/tau",
	}
	i2p := []string{
		"(-(dt*eta)*apical_post*last_rate_pre - delta)/tau",
		"dt*eta/tau*(0.3*apical_post*last_rate_pre - 1.3*apical_post*last_rate_pre) - 0.5*delta/tau - delta/(2*tau)",
	}
	down := []string{
		"eta*noise_post*highpass_pre - eta*alpha*w",
		"-eta*(alpha*w - highpass_pre*noise_post)",
		"(eta*noise_post)*highpass_pre - 0.25*alpha*eta*w - 0.75*eta*w*alpha",
	}
	for i, text := range up {
		rules := Rules{Up: Rule{Weight: "delta/dt", Delta: text}}
		if i < 4 { // the last is for the pyramidal conductances only
			rules.P2I = Rule{Weight: "delta*(1/dt)", Delta: text}
		} else {
			cfg.Circuit.Levels = []int{4, 9, 6, 3}
		}
		if i < len(i2p) {
			rules.I2P = Rule{Weight: "pow(dt, -1)*delta", Delta: i2p[i]}
		}
		if i < len(down) {
			rules.Down = Rule{Weight: down[i]}
		}
		d, where := distance(t, o, runEngine[float64](t, cfg, variant{rules: rules}))
		if i < 4 && !(d < 1e-12) {
			t.Errorf("rules %d are off by %g in the %s", i, d, where)
		}
		if i == 4 && d < 1e-9 {
			t.Errorf("control: the output level has another factor, but the rules agree: %g", d)
		}
	}
}

func TestRuleErrors(t *testing.T) {
	for _, c := range []struct {
		rules Rules
		want  []string
	}{
		{Rules{Up: Rule{Weight: "eta*noise_post"}}, []string{"learning.rules.up", "noise_post"}},
		{Rules{Down: Rule{Weight: "eta*highpas_pre"}}, []string{"learning.rules.down", "highpas_pre", "highpass_pre"}},
		{Rules{I2P: Rule{Weight: "delta/dt", Delta: "(1"}}, []string{"learning.rules.i2p", "delta"}},
		{Rules{P2I: Rule{Delta: "rate_pre"}}, []string{"learning.rules.p2i", "w"}},
	} {
		cfg := YinYang(PAL)
		cfg.Learning.Rules = c.rules
		err := cfg.Validate()
		if err == nil {
			t.Errorf("%+v is accepted", c.rules)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q lacks %q", err, part)
			}
		}
	}
	if _, err := RuleScope("upp"); err == nil || !strings.Contains(err.Error(), `"upp"`) {
		t.Errorf("error %v", err)
	}
	names := func(group string) (n []string) {
		scope, err := RuleScope(group)
		must(t, err)
		for _, q := range scope {
			n = append(n, q.Name)
			if q.Doc == "" || q.LaTeX == "" && q.Side != equation.Synapse {
				t.Errorf("%s is not documented: %+v", q.Name, q)
			}
		}
		return n
	}
	if slices.Contains(names(groupUp), "noise_post") || !slices.Contains(names(groupDown), "alpha") {
		t.Error("wrong scopes")
	}
}

// A rule that cannot act is told.
func TestIdleRules(t *testing.T) {
	frozen := "learning.rules.i2p is not used: learning.i2p auto freezes i2p"
	for _, c := range []struct {
		mode  Mode
		rules Rules
		want  []string
	}{
		{FA, Rules{}, nil},
		{FA, Rules{I2P: Rule{Weight: "rate_pre"}}, []string{frozen}},
		{PAL, Rules{I2P: Rule{Weight: "rate_pre"}}, nil},
		{PALFrozenI2P, Rules{I2P: Rule{Weight: "rate_pre"}}, []string{"learning.i2p frozen"}},
		{FA, Rules{Down: Rule{Weight: "eta*w"}, I2P: Rule{Weight: "1"}}, []string{frozen, "learning.rules.down changes no weight: learning.rates.down is [0]"}},
		{PAL, Rules{Down: Rule{Weight: "eta*w"}}, nil},
		{FA, Rules{Down: Rule{Weight: "eta*rate_pre - w"}}, nil},
		{FA, Rules{Down: Rule{Weight: "delta", Delta: "eta*rate_pre - delta"}}, []string{"learning.rules.down"}},
		{FA, Rules{Down: Rule{Weight: "delta", Delta: "rate_pre - delta"}}, nil},
		{FA, Rules{Down: Rule{Weight: "delta + w", Delta: "-delta"}}, nil},
		{FA, Rules{Down: Rule{Weight: "tanh(rate_pre*rate_post)"}}, nil},
	} {
		cfg := quick(c.mode, 0, 2)
		cfg.Learning.Rules = c.rules
		var progress lockedBuffer
		_, err := TrainAll(t.Context(), []Config{cfg, cfg}, &Options{Progress: &progress})
		must(t, err)
		if strings.Count(progress.String(), "note: ") != len(c.want) {
			t.Errorf("%s, %+v: progress %q, want %q once", c.mode, c.rules, progress.String(), c.want)
		}
		for _, want := range c.want {
			if !strings.Contains(progress.String(), want) {
				t.Errorf("%s, %+v: progress %q lacks %q", c.mode, c.rules, progress.String(), want)
			}
		}
	}
}
