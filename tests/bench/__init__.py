"""The benchmarks, as ratios within one run: ``make bench``. Nothing here is collected by the tests."""
