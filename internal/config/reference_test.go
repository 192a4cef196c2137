package config_test

import (
	"strings"
	"testing"

	"github.com/neurocredit/neurocredit/internal/config"
)

const reference = "# Keys of a model\n" + `
| key | type | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- | --- |
| ~seed~ | whole number |  | ~42~ |  | seed of all random numbers |
| ~dt~ | number | ms | ~0.1~ | > 0 | time step |
| ~rule~ | text |  | ~pal~ | one of fa, pal, eta-zero | learning rule |
| ~levels~ | list of whole numbers |  | ~[2, 30, 3]~ | at least 3 values, each >= 1 | neurons per level |
| ~decay~ | number |  | ~0.5~ | in [0.1, 1) | decay per step |
| ~shuffle~ | true or false |  | ~false~ |  | new order of samples in each epoch |
| ~note~ | text |  | ~""~ |  | free text |
| ~limit~ | duration |  | ~1h0m0s~ | >= 0s | longest run |
| ~stop~ | number or null | ms | ~500.0~ | >= 0 | end of learning |
| [~learning_rates~](#learning_rates) | mapping |  |  |  | learning rates \| all of them |
| [~noise~](#noise) | mapping or null |  | ~null~ |  | noise, null for none |
| [~record~](#record) | list of mappings |  | ~[{population: pyramidal, every: 20}]~ |  | what is recorded |
| ~bias~ | mapping from names to numbers |  | ~{inter: 1.0}~ | <= 10 | bias by population |
| [~groups~](#groupsname) | mapping from names to mappings |  | ~{}~ |  |  |
| ~span~ | list of 2 numbers |  | ~[0.0, 1.0]~ |  |  |
| ~init~ | number or [lo, hi] |  | ~[-1.0, 1.0]~ |  | initial weights |
| ~depth~ | whole number |  | ~0~ |  |  |
| ~threads~ | whole number |  | ~1~ | in [1, 64] | threads |

## ~learning_rates~

Learning rates | all of them.

| key | type | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- | --- |
| ~up~ | list of numbers |  | ~[5.0, 1.0]~ | >= 0 | bottom-up, by level |
| ~down~ | list of numbers |  | ~[0.5, 0.0]~ | >= 0 | top-down, by level |

## ~noise~

Noise, null for none.

| key | type | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- | --- |
| ~std~ | number | mV | ~0.0~ | >= 0 | standard deviation |
| ~tau~ | number | ms | (required) | > 0 | time constant |

## ~record[]~

What is recorded.

| key | type | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- | --- |
| ~population~ | text |  | (required) | one of pyramidal, inter | recorded neurons |
| ~every~ | whole number | steps | (required) | >= 1 | interval |

## ~groups.<name>~

| key | type | unit | default | allowed | meaning |
| --- | --- | --- | --- | --- | --- |
| ~population~ | text |  | (required) | one of pyramidal, inter | recorded neurons |
| ~every~ | whole number | steps | (required) | >= 1 | interval |
`

func TestReference(t *testing.T) {
	got := strings.Split(config.Reference(Default(), "Keys of a model"), "\n")
	want := strings.Split(strings.ReplaceAll(reference, "~", "`"), "\n")
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d is\n%s\nwant\n%s", i+1, g, w)
		}
	}
}

// A Tree contains itself and has elements that bring defaults of their own.
type Tree struct {
	Weight   float64          `yaml:"weight" min:"0"`
	Children []Tree           `yaml:"children" maxlen:"2"`
	Named    map[string]*Tree `yaml:"named"`
}

func TestRecursiveType(t *testing.T) {
	page := config.Reference(Tree{Weight: 1}, "Tree")
	for _, row := range []string{
		"| `children` | list of mappings |  | `[]` | at most 2 values |  |", "| `named` | mapping from names to mappings |  | `{}` |  |  |",
	} {
		if !strings.Contains(page, row) {
			t.Errorf("no %s in\n%s", row, page)
		}
	}
	var tree Tree
	document := "children:\n  - weight: 1\n    named: {a: {weigth: 2, children: [{weight: -1}]}}"
	checkProblems(t, config.Decode([]byte(document), &tree, "f.yaml"), []string{
		"f.yaml:3: children[0].named.a.weigth is not a known key; did you mean weight? (known: weight, children, named)",
		"f.yaml:3: children[0].named.a.children[0].weight is -1, must be >= 0",
	})
}
