"""The contract of a channel, its registry, settings form, outgoing HTTP and conformance kit."""
