"""The whole job as functions: what is asked for (`Options`) in, a typed result out. The command line prints these."""
