"""The dashboards of Grafana, built by code so that their schema is checked; `make dashboards` writes them as JSON."""
