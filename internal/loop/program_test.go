package loop

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/backend/backendtest"
)

// accumulate adds the input to the state and returns twice the new state.
func accumulate(s, in []*graph.Node) (newState, results []*graph.Node) {
	sum := graph.Add(s[0], in[0])
	return []*graph.Node{sum}, []*graph.Node{graph.Add(sum, sum)}
}

func TestProgram(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 1, accumulate)
		initial, input := vector(1, 2), vector(10, 20)
		s, other := state(t, b, initial), state(t, b, initial)
		for i := 1; i <= 3; i++ {
			results := run(t, p, s, input)
			got, err := Values[float64](results[0])
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprint([]float64{2 + 20*float64(i), 4 + 40*float64(i)}); fmt.Sprint(got) != want {
				t.Errorf("result %v, want %s", got, want)
			}
			want(t, s, 0, 1+10*float64(i), 2+20*float64(i))
		}
		want[float64](t, other, 0, 1, 2) // states do not share memory
		if s.Len() != 1 {
			t.Errorf("%d arrays", s.Len())
		}
		if p.Compiled() != 1 {
			t.Errorf("compiled %d times for one shape", p.Compiled())
		}
		run(t, p, state(t, b, vector(1, 2, 3)), vector(1, 1, 1))
		if p.Compiled() != 2 {
			t.Errorf("compiled %d times for two shapes", p.Compiled())
		}
	})
}

func TestProgramErrors(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := program(t, b, 1, accumulate)
		s := state(t, b, vector(1, 2))
		_, err := p.Run(s, vector(1, 2, 3))
		contains(t, err, "loop: test: ")
		_, err = p.Run(s, vector(1, 2))
		contains(t, err, "loop: test: the state was lost")
		_, err = Read[float64](s, 0)
		contains(t, err, "loop: the state was lost")
		_, err = Read[int32](state(t, b, vector(1)), 0)
		contains(t, err, "an array of Float64 cannot be read as Int32")
		for _, device := range []int{-1, b.Engine.NumDevices()} {
			_, err = NewState(b.Engine, device, vector(1))
			contains(t, err, fmt.Sprintf("device %d must be below %d", device, b.Engine.NumDevices()))
		}
		_, err = NewState(b.Engine, 0)
		contains(t, err, "a state needs an array")
	})
}

func contains(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want %q", err, part)
	}
}

// One program runs on several devices at a time, compiled once for each.
func TestDevices(t *testing.T) {
	b := backendtest.XLA(t)
	n := b.Engine.NumDevices()
	if n < 2 {
		t.Skipf("%s has %d device", b.Name, n)
	}
	p := program(t, b, 1, func(s, in []*graph.Node) (newState, results []*graph.Node) {
		return Loop{Steps: in[0], Body: func(_ *graph.Node, s, _, _ []*graph.Node) []*graph.Node {
			return []*graph.Node{graph.Add(s[0], Like(s[0], 1))}
		}}.Run(s...), nil
	})
	var wait sync.WaitGroup
	for device := range n {
		s, err := NewState(b.Engine, device, vector(float64(device)))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		wait.Go(func() {
			for range 3 {
				if _, err := p.Run(s, tensors.FromScalar(int32(1000))); err != nil {
					t.Error(err)
					return
				}
			}
			want(t, s, 0, float64(3000+device))
			if got, err := s.arrays[0].Device(); int(got) != device || err != nil {
				t.Errorf("the state of device %d is on device %d, %v", device, got, err)
			}
		})
	}
	wait.Wait()
	if p.Compiled() != n {
		t.Errorf("compiled %d times for %d devices", p.Compiled(), n)
	}
}

func TestMeasure(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		step, err := Measure(t.Context(), b.Engine)
		if err != nil {
			t.Fatal(err)
		}
		if step <= 0 || step > 100*time.Millisecond {
			t.Errorf("a step takes %v", step)
		}
		t.Logf("a step takes %v", step)
	})
}
