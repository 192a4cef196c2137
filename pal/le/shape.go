package le

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// shape of what a layer gives: n neurons, or c channels of s × s pixels.
type shape struct{ n, c, s int }

func (s shape) image() bool { return s.c > 0 }

func (s shape) String() string {
	if s.image() {
		return fmt.Sprintf("%d × %d × %d", s.c, s.s, s.s)
	}
	return fmt.Sprint(s.n)
}

// Activations lists the names of the transfer functions.
func Activations() []string { return []string{"linear", "tanh", "sigmoid", "relu", "hard_sigmoid"} }

// inputShape reads Input.
func (n *Network) inputShape() (shape, error) {
	switch in := n.Input; {
	case len(in) == 1:
		return shape{n: in[0]}, nil
	case len(in) == 3 && in[1] == in[2]:
		return shape{in[0] * in[1] * in[2], in[0], in[1]}, nil
	}
	return shape{}, fmt.Errorf("input %v must be [values] or [channels, side, side]", n.Input)
}

// shapes returns the shape of the input and those of all layers.
func (n *Network) shapes() ([]shape, error) {
	in, err := n.inputShape()
	if err != nil {
		return nil, err
	}
	all := []shape{in}
	for i, l := range n.Layers {
		fail := func(format string, args ...any) ([]shape, error) {
			return nil, fmt.Errorf("layer %d (%s): %s", i+1, l.Kind, fmt.Sprintf(format, args...))
		}
		weights := l.Kind != KindPool
		switch {
		case weights && l.Units < 1:
			return fail("units %d must be >= 1", l.Units)
		case weights && !slices.Contains(Activations(), l.Activation):
			return fail("activation %q must be one of %v", l.Activation, Activations())
		case !weights && (l.Units != 0 || l.Activation != ""):
			return fail("has no units and no activation")
		}
		var out shape
		switch l.Kind {
		case KindLinear, KindProjection:
			if l.Size != 0 {
				return fail("has no size")
			}
			if in.image() != (l.Kind == KindProjection) {
				return fail("its input has the shape %v: linear takes neurons, projection images", in)
			}
			out = shape{n: l.Units}
		case KindConv, KindPool:
			if !in.image() {
				return fail("its input must be images, not %v neurons", in)
			}
			if l.Size < 1 || l.Size > in.s {
				return fail("size %d must be 1 to %d, the side of its input", l.Size, in.s)
			}
			out = shape{c: l.Units, s: in.s - l.Size + 1}
			if l.Kind == KindPool {
				out = shape{c: in.c, s: in.s / l.Size}
			}
			out.n = out.c * out.s * out.s
		default:
			return fail("must be linear, projection, conv or pool")
		}
		all, in = append(all, out), out
	}
	if in.image() {
		return nil, fmt.Errorf("the last layer (%s) must be linear or projection", n.Layers[len(n.Layers)-1].Kind)
	}
	return all, nil
}

// Summary returns a table of the layers with the shapes of what they give and the
// numbers of their bottom-up weights and biases.
func (n *Network) Summary() (string, error) {
	shapes, err := n.shapes()
	if err != nil {
		return "", fmt.Errorf("le: %w", err)
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "layer\tkind\toutput\tactivation\tweights\tbiases")
	fmt.Fprintf(w, "0\tinput\t%v\t\t\t\n", shapes[0])
	total := 0
	for i, l := range n.Layers {
		if l.Kind == KindPool {
			fmt.Fprintf(w, "%d\tpool %d\t%v\t\t\t\n", i+1, l.Size, shapes[i+1])
			continue
		}
		kind, weights := l.Kind, shapes[i].n*l.Units
		if l.Kind == KindConv {
			kind, weights = fmt.Sprintf("conv %d", l.Size), shapes[i].c*l.Size*l.Size*l.Units
		}
		fmt.Fprintf(w, "%d\t%s\t%v\t%s\t%d\t%d\n", i+1, kind, shapes[i+1], l.Activation, weights, l.Units)
		total += weights + l.Units
	}
	fmt.Fprintf(w, "\t\t\t\t%d\tin all\n", total)
	_ = w.Flush() // into memory: cannot fail
	lines := strings.Split(text.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n"), nil
}
