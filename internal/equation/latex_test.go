package equation

import "testing"

func TestLaTeX(t *testing.T) {
	scope := append(Scope{
		{Name: "a"}, {Name: "b"}, {Name: "tau_w"}, {Name: "tau_0"}, {Name: "v_basal_post"}, {Name: "Delta"}, {Name: "x2", LaTeX: "x^{2}"},
		{Name: "_a"}, {Name: "a_"},
	}, testScope...)
	for src, want := range map[string]string{
		"noise_post":        `\text{noise}_{\text{post}}`,
		"highpass_pre":      `\hat{r}_{\text{pre}}`,
		"tau_w":             `\tau_{w}`,
		"tau_0":             `\tau_{0}`,
		"v_basal_post":      `v_{\text{basal},\text{post}}`,
		"Delta":             `\Delta`,
		"_a + a_":           `\text{\_a} + \text{a\_}`,
		"1.5":               `1.5`,
		"1e-6*w":            `10^{-6}\,w`,
		"-2.5e-7":           `-2.5 \cdot 10^{-7}`,
		"w*2":               `w \cdot 2`,
		"w*1e-6":            `w \cdot 10^{-6}`,
		"-1e6":              `-10^{6}`,
		"eta*(w + a)":       `\eta\,\left(w + a\right)`,
		"eta*a*b":           `\eta\,a\,b`,
		"eta*(a*b)":         `\eta\,a\,b`,
		"a - (b - w)":       `a - \left(b - w\right)`,
		"a + (b - w)":       `a + b - w`,
		"a - -b":            `a - \left(-b\right)`,
		"a*-b":              `a\,\left(-b\right)`,
		"a + -b*w":          `a + \left(-b\,w\right)`,
		"a - (-2)":          `a - \left(-2\right)`,
		"-(a + b)":          `-\left(a + b\right)`,
		"-(a*b)":            `-a\,b`,
		"-a/b":              `\frac{-a}{b}`,
		"-(a/b)":            `-\frac{a}{b}`,
		"-(-a)":             `-\left(-a\right)`,
		"(a + b)/(a - b)":   `\frac{a + b}{a - b}`,
		"a/b*w":             `\frac{a}{b}\,w`,
		"a/b/w":             `\frac{a}{b\,w}`,
		"a/b/(w + 1)":       `\frac{a}{b\,\left(w + 1\right)}`,
		"a/(b/w)":           `\frac{a}{\frac{b}{w}}`,
		"exp(-a)":           `\exp\left(-a\right)`,
		"sqrt(a + b)":       `\sqrt{a + b}`,
		"abs(a)":            `\left|a\right|`,
		"relu(a - b)":       `\left[a - b\right]_{+}`,
		"step(a)":           `\Theta\left(a\right)`,
		"sign(a)":           `\operatorname{sign}\left(a\right)`,
		"sigmoid(a)":        `\operatorname{sigmoid}\left(a\right)`,
		"square(a)":         `a^{2}`,
		"square(a + b)":     `\left(a + b\right)^{2}`,
		"square(x2)":        `\left(x^{2}\right)^{2}`,
		"square(tau_w)":     `\tau_{w}^{2}`,
		"pow(2, a)":         `2^{a}`,
		"pow(-2, a)":        `\left(-2\right)^{a}`,
		"pow(1e6, a)":       `\left(10^{6}\right)^{a}`,
		"pow(a, b - 1)":     `a^{b - 1}`,
		"pow(pow(a, 2), b)": `\left(a^{2}\right)^{b}`,
		"min(a, b)":         `\min\left(a, b\right)`,
		"clip(w, 0, 1)":     `\operatorname{clip}\left(w, 0, 1\right)`,
	} {
		e, err := Parse(src, scope)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := e.LaTeX(); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
}
