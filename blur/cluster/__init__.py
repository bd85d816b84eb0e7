"""A batch that several machines share: dask.distributed carries it, sealed children do the work."""
