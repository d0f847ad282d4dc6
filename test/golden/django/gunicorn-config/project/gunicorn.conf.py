import multiprocessing

bind = "0.0.0.0:8000"
reuse_port = True
workers = multiprocessing.cpu_count() * 2 + 1
daemon = False
limit_request_line = 4094
if workers > 8:
    timeout = 90


def post_fork(server, worker):
    server.log.info("forked %s", worker.pid)
