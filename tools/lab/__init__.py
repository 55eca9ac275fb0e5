# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, real applications and captures: what the demo of tools/run
and the tests under tests/lab are made of."""
