package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/neurocredit/neurocredit/internal/config"
	"github.com/neurocredit/neurocredit/internal/experiment"
)

func newSweep() *cobra.Command {
	return group("sweep", "Submit, watch and evaluate many runs",
		`  neurocredit sweep submit fig4cd --out runs/fig4cd --slurm --time 2:00:00
  neurocredit sweep status runs/fig4cd
  neurocredit sweep eval runs/fig4cd --out runs/fig4cd-evaluation`, newSweepGenerate(), newSweepSubmit(), newSweepTask(), newSweepStatus(), newSweepCollect(), newSweepEval())
}

// publishedSeeds are those of the original generator.
const publishedSeeds = "123456:20"

func newSweepGenerate() *cobra.Command {
	var text string
	c := &cobra.Command{
		Use:   "generate BASE OUTDIR NAME",
		Short: "Write one configuration file per seed",
		Long: `Generate copies the configuration file BASE, of the original program or a single run of
ours, to OUTDIR/NAME_seed_<seed>.yaml for each seed. Only the seed and the name are replaced,
and with them what refers to them by a YAML anchor. Experiment files need no copies: they list
their seeds themselves.`,
		Example: `  neurocredit sweep generate base.yaml configs sweep_yin_yang_le_fa
  neurocredit sweep generate base.yaml configs pal --seeds 1:5`,
		Args: arguments(3, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			seeds, err := parseSeeds(text)
			if err != nil {
				return err
			}
			files, err := copiesOf(args[0], args[2], seeds)
			if err != nil {
				return err
			}
			return writeNew(args[1], files)
		},
	}
	c.Flags().StringVar(&text, "seeds", publishedSeeds, "`seeds`: first:number, a number (from that of BASE on), or a list such as 1,5,9")
	return c
}

// newFile is a file to be written.
type newFile struct {
	name string
	text []byte
}

// copiesOf makes the files of a sweep from one configuration file. What it reads
// is checked before, as train would, so that no bad file is multiplied.
func copiesOf(file, name string, seeds func(first uint64) []uint64) ([]newFile, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	configs, err := readConfigs(file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".json") {
		return nil, fmt.Errorf("%s lists its seeds itself, under random_seed; neurocredit config convert makes an experiment of it", file)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	top, seedKey := doc.Content[0], "seed"
	if top.Kind == yaml.SequenceNode {
		top, seedKey = top.Content[0], "numpy_seed"
	}
	nameNode, seedNode := valueOf(top, "name"), valueOf(top, seedKey)
	if len(configs) != 1 || nameNode == nil || seedNode == nil {
		return nil, fmt.Errorf("%s must describe a single run with the keys name and %s; an experiment lists its seeds itself", file, seedKey)
	}
	var files []newFile
	for _, seed := range seeds(configs[0].seed()) {
		run := fmt.Sprintf("%s_seed_%d", name, seed)
		if err := config.CheckName(run); err != nil {
			return nil, err
		}
		nameNode.SetString(run)
		seedNode.SetString(strconv.FormatUint(seed, 10)) // keeps an anchor, which other values may refer to
		seedNode.Tag, seedNode.Style = "!!int", 0
		var b bytes.Buffer
		e := yaml.NewEncoder(&b)
		e.SetIndent(2)
		if err := e.Encode(&doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		files = append(files, newFile{run + ".yaml", b.Bytes()})
	}
	return files, nil
}

// valueOf returns the value of a key in a mapping, nil if there is none.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// writeNew writes files into a folder and replaces none.
func writeNew(dir string, files []newFile) error {
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); err == nil {
			return fmt.Errorf("%s is there already; remove it or choose another folder or name", filepath.Join(dir, f.name))
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var problems []error
	for _, f := range files {
		problems = append(problems, experiment.WriteFile(filepath.Join(dir, f.name), f.text))
	}
	return errors.Join(problems...)
}
