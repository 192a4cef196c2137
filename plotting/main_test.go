package plotting

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/neurocredit/neurocredit/dendritic"
)

// tinyConfig is a run of a moment: few patterns, three epochs.
func tinyConfig(mode dendritic.Mode) dendritic.Config {
	c := dendritic.YinYang(mode)
	c.Epochs = 3
	c.Data.Train, c.Data.Valid, c.Data.Test = 8, 5, 4
	c.Circuit.Levels = []int{4, 6, 3}
	return c
}

// everything records all that plots are made of, for any number of levels.
func everything(c *dendritic.Config) dendritic.Variables {
	out := len(c.Circuit.Levels) - 1
	v := dendritic.Variables{
		"0":           {"input": {"rate"}},
		name(out):     {"ff": {"g"}, "output": {"rate", "v_brev"}},
		name(out + 1): {"supervisor": {"rate"}},
	}
	for l := 1; l < out; l++ {
		v[name(l)] = map[string][]string{"ff": {"g"}, "fb": {"g"}, "p2i": {"g"}, "i2p": {"g"}, "inter": {"rate"},
			"pyramidal": {"rate", "rate_highpass", "noise", "v_apical"}}
	}
	return v
}

func name(level int) string { return string(rune('0' + level)) }

// train runs a configuration in a new folder.
func train(t testing.TB, c dendritic.Config) *dendritic.Result {
	t.Helper()
	r, err := dendritic.Train(context.Background(), c, &dendritic.Options{Dir: filepath.Join(t.TempDir(), c.Name)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// twoGroups are trained once for all tests, in memory.
var twoGroups = sync.OnceValue(func() []Group {
	var groups []Group
	for _, mode := range []dendritic.Mode{dendritic.PAL, dendritic.FA} {
		g := Group{Name: string(mode)}
		for seed := range uint32(3) {
			c := tinyConfig(mode)
			c.Seed += seed
			r, err := dendritic.Train(context.Background(), c, nil)
			if err != nil {
				panic(err)
			}
			g.Runs = append(g.Runs, r)
		}
		groups = append(groups, g)
	}
	return groups
})
