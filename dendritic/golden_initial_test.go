package dendritic

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// initialFile is a golden file with initial weights and the sample orders that
// the same generator makes next.
type initialFile struct {
	Dims    []int
	Seed    uint32
	Weights map[string][][]float64
	Orders  map[string]struct {
		N           int
		First       []int
		WeightedSum int64 `json:"weighted_sum"`
	}
}

func TestGoldenInitial(t *testing.T) {
	found := 0
	for _, file := range goldenFiles(t, ".json") {
		g := &initialFile{}
		if json.Unmarshal(readFile(t, file), g) != nil || g.Weights == nil || g.Orders == nil {
			continue
		}
		found++
		t.Run(filepath.Base(file), func(t *testing.T) { g.check(t) })
	}
	if found == 0 {
		t.Fatal("no initial weights among the golden files")
	}
}

// check runs the protocol of a session without its time steps.
func (g *initialFile) check(t *testing.T) {
	cfg := sized(YinYang(FA), g.Dims...)
	cfg.Seed = g.Seed
	size := map[string]int{stageTrain: 1, stageValid: 1, stageTest: 1}
	for name, o := range g.Orders {
		stage, _, _ := strings.Cut(name, "_")
		size[stage] = o.N
	}
	set := func(stage string) *data.Set {
		in, out := g.Dims[0], g.Dims[len(g.Dims)-1]
		s := &data.Set{Classes: out}
		for range size[stage] {
			s.Inputs, s.Labels = append(s.Inputs, make([]float64, in)), append(s.Labels, 0)
		}
		return s
	}
	s, err := newSession(&cfg, &data.Splits{Train: set(stageTrain), Valid: set(stageValid), Test: set(stageTest)}, build[float64](t, &cfg, false))
	must(t, err)
	for name, want := range g.Weights {
		if got := s.sim.(*network[float64]).goldenWeights(t, name); !slices.Equal(got, flat(want)) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	// validation_0, training_0, validation_1, …
	names := slices.SortedFunc(maps.Keys(g.Orders), func(a, b string) int {
		stageA, passA, _ := strings.Cut(a, "_")
		stageB, passB, _ := strings.Cut(b, "_")
		if passA != passB {
			return atoi(t, passA) - atoi(t, passB)
		}
		return -strings.Compare(stageA, stageB)
	})
	for _, name := range names {
		s.beginPass()
		if want, _, _ := strings.Cut(name, "_"); s.Stage != want {
			t.Fatalf("pass %s is one of %s", name, s.Stage)
		}
		want, sum := g.Orders[name], int64(0)
		for i, k := range s.Order {
			sum += int64(i+1) * int64(k)
		}
		if len(s.Order) != want.N || !slices.Equal(s.Order[:len(want.First)], want.First) || sum != want.WeightedSum {
			t.Errorf("%s: order %v… with sum %d, want %v… with %d", name, s.Order[:len(want.First)], sum, want.First, want.WeightedSum)
		}
		s.endPass()
	}
}

// goldenWeights returns the weights of a group named as in a trace.
func (n *network[F]) goldenWeights(t *testing.T, name string) []float64 {
	t.Helper()
	s := matrix(t, n, name)
	read, err := n.reader(s.level, s.file, "g")
	must(t, err)
	return read()
}

// sized changes the levels of a configuration and gives each as many learning
// rates as it needs. Its data become one's own.
func sized(c Config, levels ...int) Config {
	c.Circuit.Levels = levels
	c.Data = Data{Set: "own", Classes: levels[len(levels)-1]}
	r := &c.Learning.Rates
	for len(r.Up) < len(levels)-1 {
		r.Up = append(r.Up[:1:1], r.Up...)
	}
	for _, list := range []*[]float64{&r.Down, &r.P2I, &r.I2P} {
		for len(*list) < len(levels)-2 {
			*list = append((*list)[:1:1], *list...)
		}
	}
	return c
}

// TestGoldenTrajectory follows learning curves of feedback alignment, which are
// deterministic up to rounding. Of a committed file it follows the first epochs,
// of others all.
func TestGoldenTrajectory(t *testing.T) {
	found := 0
	for _, file := range goldenFiles(t, ".csv") {
		rows, err := csv.NewReader(strings.NewReader(string(readFile(t, file)))).ReadAll()
		must(t, err)
		if !slices.Contains(rows[0], "angle_deg_f64") {
			continue
		}
		found++
		t.Run(filepath.Base(file), func(t *testing.T) {
			for precision, suffix := range map[string]string{Float64: "_f64", Float32: "_f32"} {
				t.Run(precision, func(t *testing.T) {
					t.Parallel()
					epochs := len(rows) - 2
					if committed(file) {
						epochs = map[string]int{Float64: 5, Float32: 1}[precision]
					}
					followTrajectory(t, rows, precision, suffix, epochs)
				})
			}
		})
	}
	if found == 0 {
		t.Fatal("no learning curve among the golden files")
	}
}

func followTrajectory(t *testing.T, rows [][]string, precision, suffix string, epochs int) {
	cfg := YinYang(FA)
	cfg.Epochs, cfg.Precision = epochs, precision
	r, err := Train(context.Background(), cfg, nil)
	must(t, err)
	if len(r.Epochs) != epochs+1 {
		t.Fatalf("%d epochs, want %d", len(r.Epochs), epochs+1)
	}
	for i, e := range r.Epochs {
		got := map[string]float64{"val_accuracy": e.Score.Accuracy, "rmse": e.Score.RMSE, "angle_deg": e.Alignment[0].Angle, "norm_up2": e.Alignment[0].NormUp}
		for name, tol := range map[string]float64{"val_accuracy": 0.12, "rmse": 1.01e-4, "angle_deg": 0.0101, "norm_up2": 1.01e-3} {
			want, err := strconv.ParseFloat(rows[i+1][slices.Index(rows[0], name+suffix)], 64)
			must(t, err)
			if math.Abs(got[name]-want) > tol {
				t.Errorf("epoch %d: %s = %v, want %v ± %g", e.Epoch, fmt.Sprint(name, suffix), got[name], want, tol)
			}
		}
	}
}
