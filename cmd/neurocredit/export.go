package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/export"
	"github.com/neurocredit/neurocredit/mdgl"
)

func newExport() *cobra.Command {
	return group("export", "Write results in the formats of other programs", "  neurocredit export hdf5 runs/first/yin_yang_pal", newExportHDF5(), newExportNetwork())
}

func newExportHDF5() *cobra.Command {
	var out string
	var o export.Options
	c := &cobra.Command{
		Use:   "hdf5 DIR",
		Short: "Write all recordings of a run into one HDF5 file",
		Long: `Hdf5 writes the recordings of the results directory DIR as the original program does:
groups /<stage>/<level>/<population or synapse group>/ with a data set (rows, size) for
each variable. The configuration and the versions are attributes of the root group.`,
		Example: `  neurocredit export hdf5 runs/first/yin_yang_pal
  neurocredit export hdf5 runs/first/yin_yang_pal --out pal.h5 --gzip 4`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = filepath.Join(args[0], "net_recordings.h5")
			}
			if err := mustBeNew(out); err != nil {
				return err
			}
			if o.Gzip < 0 || o.Gzip > 9 {
				return fmt.Errorf("--gzip %d must be 0 (none) to 9 (smallest)", o.Gzip)
			}
			n, err := export.HDF5(cmd.Context(), args[0], out, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d data sets\n", out, n)
			return nil
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "`file` to write (default DIR/net_recordings.h5)")
	c.Flags().IntVar(&o.Gzip, "gzip", 0, "compress with this `level`, 1 (fast) to 9 (small); 0: not at all")
	c.Flags().BoolVar(&o.Float64, "float64", false, "write all numbers as float64")
	return c
}

func newExportNetwork() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "network DIR",
		Short: "Write a trained spiking network for other simulators",
		Long: `Network writes the trained network of the results directory DIR, a run of mdgl. The
ending of the file tells the format:
  .nir  a graph of the Neuromorphic Intermediate Representation, for the simulators and
        neuromorphic chips that read it
  .npz  a dictionary of NumPy arrays with the names of the original program`,
		Example: `  neurocredit export network runs/evidence/fig3c_mdgl
  neurocredit export network runs/evidence/fig3c_mdgl --out cell.npz`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = filepath.Join(args[0], "network.nir")
			}
			if end := filepath.Ext(out); end != ".nir" && end != ".npz" {
				return fmt.Errorf("--out %s must end in .nir or .npz", out)
			}
			if err := mustBeNew(out); err != nil {
				return err
			}
			n, err := loadNetwork(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if filepath.Ext(out) == ".npz" {
				var cell mdgl.Cell
				if cell, err = n.Export(); err == nil {
					err = cell.WriteNPZ(out)
				}
			} else {
				err = n.WriteNIR(out)
			}
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), out)
			}
			return err
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "`file` to write, .nir or .npz (default DIR/network.nir)")
	return c
}

// loadNetwork returns the network of a run of mdgl.
func loadNetwork(ctx context.Context, dir string) (*mdgl.Network, error) {
	s, err := systemOf(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return nil, err
	}
	if s != system(mdglSystem) {
		return nil, fmt.Errorf("%s is a run of %s; only networks of mdgl can be written", dir, s.about().name)
	}
	r, err := mdgl.Load(ctx, dir)
	if err != nil {
		return nil, err
	}
	task, err := r.Config.LoadTask(ctx)
	if err != nil {
		return nil, err
	}
	return r.Network(task.Shape())
}

// mustBeNew returns an error if the file is there.
func mustBeNew(file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already; remove it or choose another --out", file)
	}
	return nil
}
