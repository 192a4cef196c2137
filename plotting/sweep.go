package plotting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// SweepOptions says how Sweep works. A nil *SweepOptions is the zero value.
type SweepOptions struct {
	// Recalc computes everything anew. Without it the arrays of an earlier call for
	// the same runs, with the same config.yaml and metrics.csv, are used if they can
	// be read, which matters only for long recordings.
	Recalc bool
	// Epochs of the validation accuracies in the table, as those of Summarize.
	Epochs []int
	// Log shows learning curves with a logarithmic axis of the error.
	Log bool
}

// Sweep evaluates groups of runs that have results directories and writes to the
// folder save:
//
//   - for a single group, and for several in a folder per group, named as it:
//     runs.txt (the directories, below a comment that tells whether the runs in
//     them are still the same), acc_collection.npy [runs × epochs+1]
//     (validation accuracy in %), test_acc_collection.npy [runs],
//     angle_collection_layer_1.npy [runs × records] (angle in degrees over the
//     window-averaged records of the weights, or after every epoch if a run has
//     not recorded them to its end), acc_collection.png and angle_collection.png
//   - learning_curves.png and .svg (LearningCurves), summary.csv and summary.md
//     (Summarize)
//
// Values of unfinished runs are NaN. It returns the files written.
func Sweep(ctx context.Context, groups []Group, save string, o *SweepOptions) (written []string, err error) {
	if o == nil {
		o = &SweepOptions{}
	}
	if err := checkEpochs(o.Epochs); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, g := range groups {
		if len(groups) > 1 && (!filepath.IsLocal(g.Name) || names[g.Name]) {
			return nil, fmt.Errorf("plotting: sweep: group name %q must be a folder name and different for every group", g.Name)
		}
		names[g.Name] = true
		for i, r := range g.Runs {
			if r.Dir == "" {
				return nil, fmt.Errorf("plotting: sweep: run %d of group %q has no results directory", i, g.Name)
			}
		}
	}
	curves, err := LearningCurves(groups, &LearningOptions{Log: o.Log})
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		dir := save
		if len(groups) > 1 {
			dir = filepath.Join(save, g.Name)
		}
		files, err := sweepGroup(ctx, g, dir, o.Recalc)
		written = append(written, files...)
		if err != nil {
			return written, err
		}
	}
	table, err := Summarize(groups, o.Epochs...)
	if err != nil {
		return written, err
	}
	path := func(name string) string { return filepath.Join(save, name) }
	err = Save(curves, path("learning_curves.png"))
	err = errors.Join(err, write(path("summary.csv"), []byte(table.CSV())), write(path("summary.md"), []byte(table.Markdown())))
	if err != nil {
		return written, err
	}
	return append(written, path("learning_curves.png"), path("learning_curves.svg"), path("summary.csv"), path("summary.md")), nil
}

// collection is what a sweep gathers from its runs: a row per run, NaN where a
// run has no value.
type collection struct {
	accuracy [][]float64
	test     []float64
	angle    [][]float64
}

// sweepGroup writes the arrays and plots of one group.
func sweepGroup(ctx context.Context, g Group, dir string, recalc bool) ([]string, error) {
	path := func(name string) string { return filepath.Join(dir, name) }
	list, err := g.list()
	if err != nil {
		return nil, err
	}
	before, _ := os.ReadFile(path("runs.txt"))
	var c *collection
	if !recalc && bytes.Equal(before, list) {
		c = readCollection(path, len(g.Runs))
	}
	if c == nil {
		if c, err = collect(ctx, g); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("plotting: %w", err)
	}
	files := []string{path("runs.txt"), path("acc_collection.npy"), path("test_acc_collection.npy"), path("angle_collection_layer_1.npy"),
		path("acc_collection.png"), path("angle_collection.png")}
	// The list goes last: it vouches for the arrays.
	err = errors.Join(saveArray(files[1], c.accuracy), npy.WriteArray(files[2], c.test, len(c.test)), saveArray(files[3], c.angle),
		savePNG(c.accuracyFigure(g), files[4], printDPI), savePNG(c.angleFigure(g), files[5], printDPI))
	if err == nil {
		err = write(files[0], list)
	}
	if err != nil {
		return nil, fmt.Errorf("plotting: sweep: %w", err)
	}
	return files, nil
}

// list returns the directories of the runs, a line each, below a comment with the
// hash of their configurations and results: directories stay where they are when
// runs are trained anew.
func (g Group) list() ([]byte, error) {
	var dirs bytes.Buffer
	sum := sha256.New()
	for _, r := range g.Runs {
		fmt.Fprintln(&dirs, r.Dir)
		for _, name := range []string{"config.yaml", "metrics.csv"} {
			content, err := os.ReadFile(filepath.Join(r.Dir, name))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("plotting: sweep: %w", err)
			}
			// The length keeps the contents apart.
			fmt.Fprintln(sum, len(content))
			sum.Write(content)
		}
	}
	return fmt.Appendf(nil, "# config.yaml and metrics.csv of the runs: sha256 %x\n%s", sum.Sum(nil), dirs.Bytes()), nil
}

// readCollection reads the arrays of an earlier call. It returns nil if they are
// not all there and whole: unfinished runs are read again.
func readCollection(path func(string) string, runs int) *collection {
	var arrays [3][][]float64
	for i, name := range []string{"acc_collection.npy", "test_acc_collection.npy", "angle_collection_layer_1.npy"} {
		f, err := npy.OpenReader(path(name))
		if err != nil {
			return nil
		}
		values, err := f.ReadAll()
		if errors.Join(err, f.Close()) != nil || f.Rows() != runs || f.Width() == 0 || slices.ContainsFunc(values, math.IsNaN) {
			return nil
		}
		arrays[i] = slices.Collect(slices.Chunk(values, f.Width()))
	}
	return &collection{arrays[0], slices.Concat(arrays[1]...), arrays[2]}
}

// collect reads all runs of a group.
func collect(ctx context.Context, g Group) (*collection, error) {
	c := &collection{}
	recorded := true
	for _, r := range g.Runs {
		scores, _, err := recordedScores(ctx, r)
		if err != nil {
			return nil, err
		}
		var accuracy []float64
		for _, s := range scores {
			accuracy = append(accuracy, s.Accuracy)
		}
		c.accuracy = append(c.accuracy, accuracy)
		test := math.NaN()
		if r.Test != nil {
			test = r.Test.Accuracy
		}
		if s, err := r.RecordedScore(dendritic.Testing, 0); err == nil && r.Test != nil {
			test = s.Accuracy
		} else if err != nil && !errors.Is(err, dendritic.ErrNotRecorded) {
			return nil, err
		}
		c.test = append(c.test, test)
		angle, err := (&evaluation{run: r}).recordedAngles(ctx, 1)
		switch {
		case err == nil && r.Done:
			c.angle = append(c.angle, angle.y[0])
		case err == nil || errors.Is(err, dendritic.ErrNotRecorded):
			recorded = false
		default:
			return nil, err
		}
	}
	if !recorded {
		// One run without all recorded weights decides for all, so that columns
		// mean the same.
		c.angle = nil
		for _, r := range g.Runs {
			c.angle = append(c.angle, angleCurve(r, 1))
		}
	}
	fill(c.accuracy)
	fill(c.angle)
	return c, nil
}

// fill makes rows equally long.
func fill(rows [][]float64) {
	n := 0
	for _, r := range rows {
		n = max(n, len(r))
	}
	for i := range rows {
		for len(rows[i]) < n {
			rows[i] = append(rows[i], math.NaN())
		}
	}
}

// runNames names runs as their directories, without the words that all begin
// with: seeds remain of most sweeps.
func (g Group) runNames() []string {
	names := make([]string, len(g.Runs))
	for i, r := range g.Runs {
		names[i] = filepath.Base(filepath.Clean(r.Dir))
	}
	common := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	common = common[:strings.LastIndexAny(common, "_- .")+1]
	for i := range names {
		if len(names) > 1 && names[i] != common {
			names[i] = strings.TrimPrefix(names[i], common)
		}
	}
	return names
}

// accuracyFigure shows the validation accuracy of every run and mean and standard
// deviation on the test set.
func (c *collection) accuracyFigure(g Group) *Figure {
	p := epochPanel(g.Name, "validation accuracy (%)")
	last := 1
	for i, name := range g.runNames() {
		p.Lines(Line{Name: name, Y: c.accuracy[i], Color: 1 + i})
		last = max(last, len(c.accuracy[i])-1)
	}
	if test := statOf(c.test); !math.IsNaN(test.Mean) {
		p.Note = fmt.Sprintf("mean test accuracy: %.2f ± %.2f %%", test.Mean, test.Std)
		at := float64(last) * 1.1
		p.Points(Sample{Color: 7, X: at, Values: slices.DeleteFunc(slices.Clone(c.test), math.IsNaN)})
		p.ticksTo, p.extra = float64(last), &tick{at, "test"}
	}
	return NewFigure("", p)
}

// angleFigure shows the angle of every run.
func (c *collection) angleFigure(g Group) *Figure {
	p := epochPanel(g.Name, "angle (°)")
	if len(c.angle[0]) != len(c.accuracy[0]) {
		p.X = "window of records"
	}
	for i, name := range g.runNames() {
		p.Lines(Line{Name: name, Y: c.angle[i], Color: 1 + i})
	}
	return NewFigure("", p)
}
