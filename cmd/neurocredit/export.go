package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/export"
)

func newExport() *cobra.Command {
	return group("export", "Write results in the formats of other programs", "  neurocredit export hdf5 runs/first/yin_yang_pal", newExportHDF5())
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
			if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s is there already; remove it or choose another --out", out)
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
