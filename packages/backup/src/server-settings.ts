/** Command-line settings of a server that may lose everything and must be fast. Pure. */
export function serverSettings({ folder, port, tcp }: { folder: string; port: number; tcp: boolean }): string[] {
  const values: Record<string, string | number> = {
    unix_socket_directories: folder,
    unix_socket_permissions: '0700',
    listen_addresses: tcp ? '127.0.0.1' : '',
    port,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '4GB',
    shared_buffers: '128MB',
    max_connections: 100,
    // Whoever reads every table in one snapshot holds a lock on each of them, its indexes and its toast table.
    max_locks_per_transaction: 1024,
    // In the data folder, so that nothing is left in /dev/shm by a server that was killed.
    dynamic_shared_memory_type: 'mmap',
    logging_collector: 'off',
    log_statement: 'none',
    // Statements carry values; the server's log is shown when it does not start.
    log_min_error_statement: 'panic',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
